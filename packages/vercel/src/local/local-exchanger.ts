/**
 * Returns a development token, from the file of the last refresh or by a new refresh. It is an exchanger like those of
 * the clouds, so that concurrent callers share one refresh and failures have the same backoff.
 */

import type { Credential, SubjectClaims, SubjectToken } from '@credex/core';
import { FederationError } from '@credex/core';
import type { ErrorClass, ExchangeContext, Exchanger, ExchangeResult } from '@credex/core/internal';
import { transportFailure } from '@credex/core/failure';
import { readSubjectToken } from '@credex/core/on-demand';
import { requestFromApi, unreached } from './request-from-api.js';
import { requestFromCli } from './request-from-cli.js';
import type { Places } from './cli-login.js';
import { loginDirectory, readCliLogin } from './cli-login.js';
import { envFileNotes } from './env-files.js';
import { LocalFailure, failure, shownError } from './failure.js';
import { findCli } from './find-cli.js';
import type { LinkedProject } from './linked-project.js';
import { teamOf } from './linked-project.js';
import type { Node } from './node.js';
import { savedToken } from './saved-token.js';
import type { LocalSettings } from './settings.js';

export interface LocalToken extends Credential {
  readonly jwt: string;
}

export interface LocalRequest {
  /** The digest of the rejected token. */
  readonly rejectedDigest?: string;
}

export interface LocalTools {
  readonly node: Node;
  readonly settings: LocalSettings;
  readonly places: Places;
  readonly project: LinkedProject;
  readonly warn: (message: string) => void;
  now(): number;
}

/** The environment of all tokens on a laptop. */
const ENVIRONMENT = 'development';

/** The file's token is refreshed when its remaining lifetime is shorter. */
const REFRESH_AHEAD_MS = 300_000;

/** True if a token belongs to this project. A user's id is not compared: the claims of personal projects name a team. */
export function isOfProject({ projectId, ownerId }: LinkedProject, claims: SubjectClaims): boolean {
  const team = teamOf(ownerId);
  return (
    claims.project_id === projectId &&
    claims.environment === ENVIRONMENT &&
    (team === undefined || claims.owner_id === team)
  );
}

/** What identifies a local token: the user, the API, the project and the environment. */
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
  const matchesIdentity = (claims: SubjectClaims): boolean => isOfProject(project, claims);
  // Another directory of the CLI's login means another user.
  const login = loginDirectory(node, places.cliDirectories);
  const identity = [settings.apiEndpoint.href, project.projectId, project.ownerId, ENVIRONMENT, login];
  const saved = savedToken(node, places.cache, identity, warn);
  return {
    specificationVersion: 'v1',
    provider: 'vercel',
    cacheKeyFields: () => ({ local: [...identityOf(tools)], via: settings.via ?? 'default' }),
    async exchange({ rejectedDigest }, context) {
      const folders = [project.directory, settings.directory];
      const notes = envFileNotes(node, folders, matchesIdentity, now());
      const kept = saved.read();
      const isGood =
        kept !== undefined &&
        matchesIdentity(kept.claims) &&
        kept.expiresAt - now() >= REFRESH_AHEAD_MS &&
        digestOf(node, kept.jwt) !== rejectedDigest;
      if (isGood) return exchangeResult(kept);
      try {
        const token = ownToken(await requestToken(tools, context), project);
        saved.write(token);
        notes.forEach(warn);
        return exchangeResult(token);
      } catch (error) {
        throw shownError(error, notes);
      }
    },
    parseStored: (record) => {
      const { jwt } = record as LocalToken;
      return { jwt, expiresAt: readSubjectToken(jwt).expiresAt };
    },
    classify,
  };
}

const exchangeResult = ({ jwt, expiresAt }: SubjectToken): ExchangeResult<LocalToken> => ({
  credential: { jwt, expiresAt },
  refreshAt: expiresAt - REFRESH_AHEAD_MS,
});

async function requestToken(tools: LocalTools, context: ExchangeContext): Promise<unknown> {
  const { node, settings, places, project, now } = tools;
  const { via, apiEndpoint, configDirectory, timeoutMs, clock } = settings;
  if (via !== 'cli') {
    const login = readCliLogin(node, places.cliDirectories, now());
    if (login.kind === 'token') {
      try {
        return await requestFromApi(context, apiEndpoint, project, login);
      } catch (error) {
        if (error instanceof LocalFailure || FederationError.isInstance(error) || context.signal.aborted)
          throw error;
        throw unreached(error, apiEndpoint);
      }
    }
    if (via === 'api')
      throw failure({
        code: 'no_subject_token',
        message: `The login of the Vercel CLI is stored in ${login.where}, where only the CLI can use it.`,
        hint: "Remove `via: 'api'`, so that credex runs `vercel project token`.",
      });
  }
  const program = findCli(node, project.directory, project.root);
  return requestFromCli({
    node,
    program,
    project,
    configDirectory,
    timeoutMs,
    clock,
    signal: context.signal,
  });
}

/** Rejects a token of another project or environment, so that it is never sent to a cloud. */
function ownToken(jwt: unknown, project: LinkedProject): SubjectToken {
  let token: SubjectToken | undefined;
  try {
    token = readSubjectToken(jwt);
  } catch {
    // Reported below, with a hint.
  }
  if (token !== undefined && isOfProject(project, token.claims)) return token;
  throw failure({
    code: 'invalid_response',
    message: `Vercel returned ${token === undefined ? 'an invalid token' : 'a token of another project or environment'} for the project in ${project.source}.`,
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
