/**
 * A development token, from the file of the last refresh or by another one. An exchanger like those of the clouds, so
 * that however many ask there is one refresh, held back after a failure as theirs are.
 */

import type { Credential, SubjectClaims, SubjectToken } from '@credex/core';
import { FederationError } from '@credex/core';
import type { ErrorClass, ExchangeContext, Exchanger, Issued } from '@credex/core/driver';
import { readSubjectToken, transportFailure } from '@credex/core/driver';
import { askApi, unreached } from './ask-api.js';
import { askCli } from './ask-cli.js';
import { loginDirectory, readCliLogin } from './cli-login.js';
import { envFileNotes } from './env-files.js';
import { LocalFailure, failure, shownError } from './failure.js';
import { findCli } from './find-cli.js';
import { teamOf } from './ids.js';
import type { LinkedProject } from './linked-project.js';
import type { Node } from './node.js';
import type { Places } from './places.js';
import { savedToken } from './saved-token.js';
import type { LocalSettings } from './settings.js';
import type { Warn } from './warn.js';

export interface LocalToken extends Credential {
  readonly jwt: string;
}

export interface LocalRequest {
  /** The digest of the token that was refused. */
  readonly but?: string;
}

export interface LocalTools {
  readonly node: Node;
  readonly settings: LocalSettings;
  readonly places: Places;
  readonly project: LinkedProject;
  readonly warn: Warn;
  now(): number;
}

/** No token but a development one is ever given to a laptop. */
const ENVIRONMENT = 'development';

/** From when on the file's token is replaced by another one. */
const REPLACED_AHEAD_MS = 300_000;

/** Whether a token is of this project. A person's id is no owner of the claims: personal projects have a team too. */
export function isOfProject({ projectId, ownerId }: LinkedProject, claims: SubjectClaims): boolean {
  const team = teamOf(ownerId);
  return (
    claims.project_id === projectId &&
    claims.environment === ENVIRONMENT &&
    (team === undefined || claims.owner_id === team)
  );
}

/** What another token is asked for by: of whom, for what and where. */
export function identityOf({
  node,
  settings,
  places,
  project,
}: Omit<LocalTools, 'now' | 'warn'>): readonly string[] {
  const { apiEndpoint, configDirectory = '' } = settings;
  const user = [String(node.uid ?? ''), places.home, configDirectory];
  return [...user, apiEndpoint.href, project.projectId, project.ownerId ?? '', ENVIRONMENT];
}

export function digestOf({ crypto }: Node, jwt: string): string {
  return crypto.createHash('sha256').update(jwt).digest('hex');
}

export function localExchanger(tools: LocalTools): Exchanger<LocalToken, LocalRequest> {
  const { node, settings, places, project, warn, now } = tools;
  const covers = (claims: SubjectClaims): boolean => isOfProject(project, claims);
  // Another place for the CLI's login is another person's.
  const login = loginDirectory(node, places.cliDirectories);
  const identity = [settings.apiEndpoint.href, project.projectId, project.ownerId, ENVIRONMENT, login];
  const saved = savedToken(node, places.cache, identity, warn);
  return {
    specificationVersion: 'v1',
    provider: 'vercel',
    target: () => ({ local: [...identityOf(tools)], via: settings.via ?? 'default' }),
    async exchange({ but }, context) {
      const folders = [project.directory, settings.directory];
      const notes = envFileNotes(node, folders, covers, now());
      const kept = saved.read();
      const isGood =
        kept !== undefined &&
        covers(kept.claims) &&
        kept.expiresAt - now() >= REPLACED_AHEAD_MS &&
        digestOf(node, kept.jwt) !== but;
      if (isGood) return issued(kept);
      try {
        const token = ownToken(await ask(tools, context), project);
        saved.write(token);
        notes.forEach(warn);
        return issued(token);
      } catch (error) {
        throw shownError(error, notes);
      }
    },
    revive: (record) => {
      const { jwt } = record as LocalToken;
      return { jwt, expiresAt: readSubjectToken(jwt).expiresAt };
    },
    classify,
  };
}

const issued = ({ jwt, expiresAt }: SubjectToken): Issued<LocalToken> => ({
  credential: { jwt, expiresAt },
  refreshAt: expiresAt - REPLACED_AHEAD_MS,
});

async function ask(tools: LocalTools, context: ExchangeContext): Promise<unknown> {
  const { node, settings, places, project, now } = tools;
  const { via, apiEndpoint, configDirectory, timeoutMs, clock } = settings;
  if (via !== 'cli') {
    const login = readCliLogin(node, places.cliDirectories, now());
    if (login.kind === 'token') {
      try {
        return await askApi(context, apiEndpoint, project, login);
      } catch (error) {
        if (error instanceof LocalFailure || FederationError.isInstance(error) || context.signal.aborted)
          throw error;
        throw unreached(error, apiEndpoint);
      }
    }
    if (via === 'api')
      throw failure({
        code: 'no_subject_token',
        message: `The login of the Vercel CLI is kept in ${login.where}, where only the CLI can use it.`,
        hint: "Leave out `via: 'api'`, so that `vercel project token` is run.",
      });
  }
  const program = findCli(node, project.directory, project.root);
  return askCli({ node, program, project, configDirectory, timeoutMs, clock, signal: context.signal });
}

/** Whatever gave it, a token of another project or environment must never be shown to a cloud as ours. */
function ownToken(jwt: unknown, project: LinkedProject): SubjectToken {
  let token: SubjectToken | undefined;
  try {
    token = readSubjectToken(jwt);
  } catch {
    // Said below, with what mends it.
  }
  if (token !== undefined && isOfProject(project, token.claims)) return token;
  throw failure({
    code: 'invalid_response',
    message: `Vercel gave ${token === undefined ? 'what is no token' : 'a token of another project or environment'} for the project of ${project.saidBy}.`,
    hint: 'Run `vercel link`, then `vercel env pull .env.local`.',
    retryable: false,
  });
}

const TRANSIENT = new Set(['throttled', 'unavailable', 'network', 'timeout', 'invalid_response']);

function classify(error: unknown): ErrorClass {
  if (error instanceof LocalFailure) {
    const { code, retryable = TRANSIENT.has(code), retryAfterMs, status } = error.init;
    const retry = retryable ? 'now' : 'never';
    const retriesAtMost = code === 'invalid_response' ? 1 : undefined;
    return { code, retry, retriesAtMost, retryAfterMs, status, throttled: code === 'throttled' };
  }
  return { code: transportFailure(error)?.code ?? 'network', retry: 'now' };
}
