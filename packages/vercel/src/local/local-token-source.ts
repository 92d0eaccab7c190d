import { FederationError, OptionError } from '@credex/core';
import type { Subject, SubjectToken, SubjectTokenRequest, SubjectTokenSource } from '@credex/core';
import type { DriverProvider } from '@credex/core/driver';
import {
  createCredentialProvider,
  environmentVariable,
  onVercel,
  rememberedSubjectToken,
  shown,
} from '@credex/core/driver';
import { sourceTools } from '../source-options.js';
import { failure, shownError } from './failure.js';
import type { LinkedProject } from './linked-project.js';
import { findLinkedProject } from './linked-project.js';
import type { LocalRequest, LocalToken } from './local-exchanger.js';
import { digestOf, identityOf, isOfProject, localExchanger } from './local-exchanger.js';
import type { Node } from './node.js';
import { node as nodeHere } from './node.js';
import type { LocalTokenSourceOptions } from './options.js';
import { placesOf } from './places.js';
import type { LocalSettings } from './settings.js';
import { localOptions, localSettings } from './settings.js';
import { warner } from './warn.js';

/** A token with less than this left is used only where no other can be had. */
const COMFORTABLE_MS = 60_000;

/** So that our own word for a program that hangs comes before core's. */
const MARGIN_MS = 5_000;

/**
 * The development token of a laptop, renewed when it has ended: VERCEL_OIDC_TOKEN while it is good, then the token of
 * the last refresh, then a refresh by the login of the Vercel CLI. Nothing is written but one file of its own, which
 * only its user can read; no environment variable, no .env file, and never the CLI's login.
 *
 * The tokens belong to one user, one project and the environment `development`: that is the partition of the cache.
 *
 * @example
 * const tokenSource = process.env.VERCEL ? undefined : localTokenSource();
 * const credentials = awsCredentialsProvider({ roleArn, tokenSource });
 * @throws OptionError on a deployment, in a runtime without files, and for an option that can't be honoured
 */
export function localTokenSource(options: LocalTokenSourceOptions = {}): SubjectTokenSource {
  const source = localSource(options);
  return { capture: () => source.capture() };
}

/** With what another source has shown already, and what was refused then. */
export interface LocalSource {
  capture(shown?: string): Subject;
}

export function localSource(given: LocalTokenSourceOptions): LocalSource {
  const node = laptop();
  const options = localOptions(given);
  const settings = localSettings(options, node);
  const { expect, tokenEndpoint, allowLoopbackHttp, fetch, clock } = options;
  const { now, finish, guarded } = sourceTools('localTokenSource', {
    expect,
    tokenEndpoint,
    allowLoopbackHttp,
    fetch,
    clock,
  });
  const places = placesOf(node, settings);
  const warn = warner(node, settings.onEvent);
  let linked: Linked | undefined;

  return {
    capture(shownBefore): Subject {
      const given = environmentVariable('VERCEL_OIDC_TOKEN');
      let found: Linked | undefined;
      let problem: unknown;
      try {
        // Looked up once: what a process is linked to does not change under it.
        found = linked ??= link(projectOf(settings, node, places.home));
      } catch (error) {
        problem = shownError(error);
      }
      let shown = shownBefore;
      return {
        partition: found?.partition,
        covers: (claims) => found === undefined || isOfProject(found.project, claims),
        async token(wanted) {
          if (found === undefined) throw problem;
          const token = await nextToken(found, given, wanted.fresh ? shown : undefined, wanted);
          shown = token.jwt;
          return finish(token, wanted);
        },
      };
    },
  };

  function link(project: LinkedProject): Linked {
    const tools = { node, settings, places, project, warn, now };
    return {
      project,
      partition: guarded(JSON.stringify(['vercel-local', ...identityOf(tools)])),
      provider: createCredentialProvider(localExchanger(tools), {
        source: { capture: () => ({ partition: 'laptop', token: async () => Promise.reject(noSubject()) }) },
        timeoutMs: settings.timeoutMs + MARGIN_MS,
        fetch,
        clock,
        onEvent: settings.onEvent,
      }),
    };
  }

  /** `but`: the token that was refused. */
  async function nextToken(
    { project, provider }: Linked,
    given: string | undefined,
    but: string | undefined,
    { signal }: SubjectTokenRequest,
  ): Promise<SubjectToken> {
    const inEnvironment = readable(given, project);
    const left = inEnvironment === undefined ? 0 : inEnvironment.expiresAt - now();
    const isRefused = inEnvironment?.jwt === but;
    if (inEnvironment !== undefined && !isRefused && left >= COMFORTABLE_MS) return inEnvironment;
    try {
      const request: LocalRequest = but === undefined ? {} : { but: digestOf(node, but) };
      const held = await provider.getCredentials({ request, forceRefresh: but !== undefined, signal });
      return rememberedSubjectToken(held.jwt);
    } catch (error) {
      if (inEnvironment === undefined || isRefused || left <= 0 || signal.aborted) throw error;
      return inEnvironment;
    }
  }
}

interface Linked {
  readonly project: LinkedProject;
  readonly partition: string;
  readonly provider: DriverProvider<LocalToken, LocalRequest>;
}

function laptop(): Node {
  if (onVercel())
    throw new OptionError(
      'conflicting_options',
      'tokenSource',
      'VERCEL_ENV',
      'localTokenSource is not for deployments, which have a token of their own: leave out `tokenSource` there (`process.env.VERCEL ? undefined : localTokenSource()`).',
    );
  const here = nodeHere();
  if (here !== undefined) return here;
  throw new OptionError(
    'conflicting_options',
    'tokenSource',
    undefined,
    'localTokenSource needs the files of a laptop, which this runtime does not have.',
  );
}

function projectOf(settings: LocalSettings, node: Node, home: string): LinkedProject {
  const { projectId, teamId, directory } = settings;
  if (projectId !== undefined)
    return { projectId, ownerId: teamId, directory, root: directory, saidBy: 'the option `projectId`' };
  const found = findLinkedProject(node, directory, home);
  if (found !== undefined) return found;
  throw failure({
    code: 'no_subject_token',
    message: `${shown(directory)} is linked to no Vercel project: there is no .vercel/project.json in it or above.`,
    hint: 'Run `vercel link` there, or pass `projectId` and `teamId`.',
  });
}

/** The environment's token where it is one of the project; whatever else is there, a refresh mends. */
function readable(jwt: string | undefined, project: LinkedProject): SubjectToken | undefined {
  try {
    const token = jwt === undefined ? undefined : rememberedSubjectToken(jwt);
    return token !== undefined && isOfProject(project, token.claims) ? token : undefined;
  } catch (error) {
    if (FederationError.isInstance(error)) return undefined;
    throw error;
  }
}

function noSubject(): Error {
  return new Error('A refresh needs no subject token.');
}
