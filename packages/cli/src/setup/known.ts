/** What the folder and the token at hand say of the project, for the options that are left out. */

import * as fs from 'node:fs';
import { join } from 'node:path';
import type { SubjectClaims } from '@credex/core';
import { TEAM_SLUG, parseJson, readRegularFile } from '@credex/core/internal';
import { teamOfIssuer } from '@credex/explain/internal';
import { findToken } from '../find-token.js';
import type { TokenOptions } from '../find-token.js';
import type { Io } from '../io.js';
import { foldersUpward } from '../token-places.js';
import { ENVIRONMENT, PROJECT, PROJECT_ID, TEAM_ID } from './trust-request.js';
import type { TrustOptions } from './trust-request.js';

/** The options with what was found, and a sentence for each thing that was taken or passed over. */
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
 * Options that are given win. What speaks of another team or project than they do, or than the folder's link does, is
 * left alone as a whole: a name of one project must not be joined with the id of another.
 *
 * @throws FederationError, UsageError where a token that is named by an option can't be read
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
    if (other !== undefined) notes.push(`${found.from} is of ${other}: nothing was taken from it.`);
    // The link has ids without the team's slug: alone they can't be held against the names.
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
  const say = (flag: string, value: string): void => void notes.push(`${flag} ${value}: from ${found.from}.`);
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

/** `.vercel/project.json` of this folder or of those above it, as far as tokens are looked for. */
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
      notes.push(`${path} can not be read as JSON of a regular file: nothing was taken from it.`);
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
    notes.push(`${from} is none of Vercel's: nothing was taken from it.`);
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
