/** The development token of a laptop: found in the environment, or renewed with the login of the Vercel CLI. */

import type { Clock, Fetch, OnEvent, Subject, SubjectToken, SubjectTokenRequest } from '@credex/core';
import type { DriverProvider } from '@credex/core/internal';
import {
  DIAGNOSTICS_CHANNEL,
  OptionError,
  callListener,
  createCredentialProvider,
  environmentVariable,
  onVercel,
  rememberedToken,
  shown,
  systemClock,
} from '@credex/core/internal';
import { readableToken } from '@credex/core/on-demand';
import { LocalFailure, failure, shownError } from './failure.js';
import { placesOf } from './cli-login.js';
import type { LinkedProject } from './linked-project.js';
import { findLinkedProject } from './linked-project.js';
import type { LocalRequest, LocalToken, LocalTools } from './local-exchanger.js';
import { digestOf, identityOf, isOfProject, localExchanger } from './local-exchanger.js';
import type { Node } from './node.js';
import { node as nodeHere } from './node.js';
import type { LocalTokenSourceOptions } from './options.js';
import type { LocalSettings } from './settings.js';
import { localSettings } from './settings.js';

/** A token that expires sooner is used only if no other token is available. */
const MIN_REMAINING_MS = 60_000;

/** Added to core's time limit, so that the error of a hanging program is ours, not core's. */
const MARGIN_MS = 5_000;

/** `shown` is the token that another source returned before, and that was rejected. */
interface LocalTokens {
  capture(shown?: string): Subject;
}

/** The token as it is found or renewed: no option `expect` is checked, and no audience requested. */
export function localTokens(node: Node, options: LocalTokenSourceOptions): LocalTokens {
  const settings = localSettings(options, node);
  const { fetch, clock } = settings;
  const now = (): number => (clock ?? systemClock).now();
  const places = placesOf(node, settings);
  const warn = warner(node, settings.onEvent);
  let linked: Linked | undefined;

  return {
    capture(shownBefore): Subject {
      const given = environmentVariable('VERCEL_OIDC_TOKEN');
      let found: Linked | undefined;
      let problem: unknown;
      try {
        // Found once: the link of a running process is not expected to change.
        found = linked ??= link(projectOf(settings, node, places.home));
      } catch (error) {
        problem = shownError(error);
      }
      let shown = shownBefore;
      return {
        identityKey: found?.identityKey,
        matchesIdentity: (claims) => found === undefined || isOfProject(found.project, claims),
        async token(tokenRequest) {
          if (found === undefined) throw problem;
          const token = await nextToken(found, given, tokenRequest.fresh ? shown : undefined, tokenRequest);
          shown = token.jwt;
          return token;
        },
      };
    },
  };

  function link(project: LinkedProject): Linked {
    const tools = { node, settings, places, project, warn, now };
    return {
      project,
      identityKey: JSON.stringify(['vercel-local', ...identityOf(tools)]),
      provider: createCredentialProvider(localExchanger(tools), {
        source: {
          capture: () => ({ identityKey: 'laptop', token: async () => Promise.reject(noSubject()) }),
        },
        timeoutMs: settings.timeoutMs + MARGIN_MS,
        fetch,
        clock,
        onEvent: settings.onEvent,
      }),
    };
  }

  /** Returns a token other than `rejectedToken`. */
  async function nextToken(
    { project, provider }: Linked,
    given: string | undefined,
    rejectedToken: string | undefined,
    { signal }: SubjectTokenRequest,
  ): Promise<SubjectToken> {
    const inEnvironment = readable(given, project);
    const left = inEnvironment === undefined ? 0 : inEnvironment.expiresAt - now();
    const isRefused = inEnvironment?.jwt === rejectedToken;
    if (inEnvironment !== undefined && !isRefused && left >= MIN_REMAINING_MS) return inEnvironment;
    try {
      const request: LocalRequest =
        rejectedToken === undefined ? {} : { rejectedDigest: digestOf(node, rejectedToken) };
      const refreshed = await provider.getCredentials({
        request,
        forceRefresh: rejectedToken !== undefined,
        signal,
      });
      return readableToken(rememberedToken(refreshed.jwt));
    } catch (error) {
      if (inEnvironment === undefined || isRefused || left <= 0 || signal.aborted) throw error;
      return inEnvironment;
    }
  }
}

/**
 * The CLI fallback of `vercelTokenSource`, loaded when no other token is found. Returns a token other than `rejectedToken`;
 * `undefined` if the working directory is not in a linked project.
 */
export async function automaticToken(
  options: { readonly fetch: Fetch | undefined; readonly clock: Clock | undefined },
  rejectedToken: string | undefined,
  request: SubjectTokenRequest,
): Promise<SubjectToken | undefined> {
  const here = nodeHere();
  if (here === undefined) return undefined;
  const { home } = placesOf(here, { homeDirectory: undefined, configDirectory: undefined });
  try {
    if (findLinkedProject(here, here.cwd, home) === undefined) return undefined;
  } catch (error) {
    throw error instanceof LocalFailure ? shownError(error) : error;
  }
  return localTokens(laptop(), options).capture(rejectedToken).token(request);
}

interface Linked {
  readonly project: LinkedProject;
  readonly identityKey: string;
  readonly provider: DriverProvider<LocalToken, LocalRequest>;
}

/** @throws OptionError on a deployment, and in a runtime without files */
export function laptop(): Node {
  if (onVercel())
    throw new OptionError(
      'conflicting_options',
      'tokenSource',
      'VERCEL_ENV',
      'localTokenSource must not be used on a deployment, where Vercel provides the token. Pass `tokenSource: process.env.VERCEL ? undefined : localTokenSource()`.',
    );
  const here = nodeHere();
  if (here !== undefined) return here;
  throw new OptionError(
    'conflicting_options',
    'tokenSource',
    undefined,
    'localTokenSource needs a file system and processes, which this runtime does not have. Pass another `tokenSource`.',
  );
}

function projectOf(settings: LocalSettings, node: Node, home: string): LinkedProject {
  const { projectId, teamId, directory } = settings;
  if (projectId !== undefined)
    return { projectId, ownerId: teamId, directory, root: directory, source: 'the option `projectId`' };
  const found = findLinkedProject(node, directory, home);
  if (found !== undefined) return found;
  throw failure({
    code: 'no_subject_token',
    message: `${shown(directory)} is not linked to a Vercel project: neither it nor a parent directory has a .vercel/project.json.`,
    hint: 'Run `vercel link` there, or pass `projectId` and `teamId`.',
  });
}

/** The environment's token if it belongs to the project; otherwise a refresh replaces it. */
function readable(jwt: string | undefined, project: LinkedProject): SubjectToken | undefined {
  const { token } = jwt === undefined ? {} : rememberedToken(jwt);
  return token !== undefined && isOfProject(project, token.claims) ? token : undefined;
}

function noSubject(): Error {
  return new Error('A refresh needs no subject token.');
}

/** Publishes warnings as events. */
function warner({ diagnostics }: Node, onEvent: OnEvent | undefined): LocalTools['warn'] {
  return (message) => {
    const event = { type: 'warning', provider: 'vercel', message } as const;
    diagnostics.channel(DIAGNOSTICS_CHANNEL).publish(event);
    callListener(onEvent, event);
  };
}
