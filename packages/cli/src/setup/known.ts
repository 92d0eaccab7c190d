/** Fills missing options from the folder's link to a Vercel project and from the token that is found. */

import * as fs from 'node:fs';
import { join } from 'node:path';
import type { SubjectClaims } from '@credex/core';
import { TEAM_SLUG, parseJson } from '@credex/core/internal';
import { readRegularFile } from '@credex/core/on-demand';
import { teamOfIssuer } from '@credex/explain/internal';
import { findToken } from '../find-token.js';
import type { TokenOptions } from '../find-token.js';
import type { Io } from '../io.js';
import { foldersUpward } from '../token-places.js';
import { ENVIRONMENT, PROJECT, PROJECT_ID, TEAM_ID } from './trust-request.js';
import type { TrustOptions } from './trust-request.js';

/** The completed options, and a note for each value that was used or ignored. */
export interface KnownOptions<O> {
  readonly options: O;
  readonly notes: readonly string[];
}

interface Found extends Names {
  readonly from: string;
  readonly environment?: string | undefined;
  readonly issuerMode?: string | undefined;
}

/**
 * Options that were passed take precedence. A source for another team or project than theirs, or the link's, is ignored as a
 * whole, so that the name of one project is never combined with the id of another.
 *
 * @throws FederationError, UsageError if a token that an option names cannot be read
 */
export async function withKnown<O extends TrustOptions & TokenOptions>(
  io: Io,
  options: O,
): Promise<KnownOptions<O>> {
  const notes: string[] = [];
  const link = await linkOf(io, notes);
  const token = await tokenOf(io, options, notes);
  let known: O = options;
  for (const found of [link, token]) {
    if (found === undefined) continue;
    const other = contradiction(known, found) ?? contradiction(link ?? {}, found);
    if (other !== undefined) notes.push(`${found.from} belongs to ${other} and was ignored.`);
    // The link has ids without the team's slug, so they cannot be compared with the names.
    else known = taken(known, found === link ? { from: found.from, project: found.project } : found, notes);
  }
  return { options: known, notes };
}

const NAMES = ['team', 'teamId', 'project', 'projectId'] as const;
type Names = { readonly [Name in (typeof NAMES)[number]]?: string | undefined };

function contradiction(known: Names, found: Names): string | undefined {
  const name = NAMES.find(
    (one) => known[one] !== undefined && found[one] !== undefined && known[one] !== found[one],
  );
  return name === undefined ? undefined : `another ${name.startsWith('team') ? 'team' : 'project'}`;
}

const FLAGS = {
  team: '--team',
  teamId: '--team-id',
  project: '--project',
  projectId: '--project-id',
  issuerMode: '--issuer-mode',
} as const;

function taken<O extends TrustOptions>(options: O, found: Found, notes: string[]): O {
  const added: Record<string, unknown> = {};
  const say = (flag: string, value: string): void =>
    void notes.push(`${flag} ${value} comes from ${found.from}.`);
  for (const [name, flag] of Object.entries(FLAGS) as [keyof typeof FLAGS, string][]) {
    const value = found[name];
    // A token of another audience always has the team issuer, whatever the project's mode is.
    const isNeeded =
      options[name] === undefined && !(name === 'issuerMode' && options.audience !== undefined);
    if (value === undefined || !isNeeded) continue;
    added[name] = value;
    say(flag, value);
  }
  if (found.environment !== undefined && (options.environment ?? []).length === 0) {
    added['environment'] = [found.environment];
    say('--environment', found.environment);
  }
  return { ...options, ...added };
}

const MOST_BYTES = 65_536;

/** `.vercel/project.json` of this folder or a parent folder, up to where tokens are searched for. */
async function linkOf({ cwd, env }: Io, notes: string[]): Promise<Found | undefined> {
  for (const folder of await foldersUpward(cwd, env['HOME'])) {
    const path = join(folder, '.vercel', 'project.json');
    try {
      const link: unknown = parseJson(new TextDecoder().decode(readRegularFile(fs, path, MOST_BYTES)));
      const { projectName, projectId, orgId } = { ...(link as object) } as Readonly<Record<string, unknown>>;
      return {
        from: path,
        teamId: fitting(orgId, TEAM_ID.pattern),
        project: fitting(projectName, PROJECT.pattern),
        projectId: fitting(projectId, PROJECT_ID.pattern),
      };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      notes.push(`${path} is not a regular file with JSON and was ignored.`);
    }
  }
  return undefined;
}

async function tokenOf(io: Io, options: TokenOptions, notes: string[]): Promise<Found | undefined> {
  const isNamed = [options.token, options.tokenFile, options.local].some((one) => one !== undefined);
  try {
    const { token, place } = await findToken(io, options);
    return claimsOf(token.claims, `the token in ${place.description}`, notes);
  } catch (error) {
    if (isNamed) throw error;
    if ((error as { readonly code?: unknown }).code !== 'no_subject_token')
      notes.push(`No token was used: ${(error as Error).message}`);
    return undefined;
  }
}

function claimsOf(claims: SubjectClaims, from: string, notes: string[]): Found | undefined {
  const team = teamOfIssuer(claims.iss ?? '');
  if (team === undefined) {
    notes.push(`${from} is not a token of Vercel and was ignored.`);
    return undefined;
  }
  // Vercel's exchange for another audience gives a team-issuer token in either mode.
  const isExchanged = claims['act'] !== undefined;
  return {
    from,
    team: fitting(claims.owner, TEAM_SLUG.pattern),
    teamId: fitting(claims.owner_id, TEAM_ID.pattern),
    project: fitting(claims.project, PROJECT.pattern),
    projectId: fitting(claims.project_id, PROJECT_ID.pattern),
    environment: fitting(claims.environment, ENVIRONMENT.pattern),
    issuerMode: isExchanged ? undefined : team === '' ? 'global' : 'team',
  };
}

const fitting = (value: unknown, pattern: RegExp): string | undefined =>
  typeof value === 'string' && pattern.test(value) ? value : undefined;
