/** What the emulator of `credex dev` trusts: a seed file, or what the options that are found here need. */

import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Config, Entry } from '@credex/config';
import type { EmulatorSeed, SeedProject } from '@credex/testing/emulator';
import { CLOUDS } from '../clouds/registry.js';
import type { SeedFile } from '../emulator/serve.js';
import { readSeed } from '../emulator/serve.js';
import { environmentEntries } from '../entry/environment-entries.js';
import { loadConfiguration } from '../entry/load-configuration.js';
import type { Io } from '../io.js';
import { Checks } from '../setup/checks.js';
import { withKnown } from '../setup/known.js';
import type { TrustOptions, TrustRequest } from '../setup/trust-request.js';
import { AUDIENCE, PROJECT, trustRequest } from '../setup/trust-request.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

/** The seed of a folder, next to its package.json. */
export const SEED_FILE = 'credex.emulator.json';

export interface DevOptions {
  readonly seed?: string;
  readonly environment?: string;
}

export interface DevSeed {
  readonly seed: SeedFile;
  /** Completes `the trust is …`. */
  readonly from: string;
  /** The identity that is presented. */
  readonly project: SeedProject;
  readonly environment: string;
  /** The variables of the options, for the program: it may read no .env file. */
  readonly variables: Readonly<Record<string, string>>;
}

/** @throws UsageError, ConfigError */
export async function devSeed(io: Io, options: DevOptions): Promise<DevSeed> {
  const { credentials, variables } = await environmentEntries(io.env, io.cwd);
  const file = options.seed ?? (await existing(join(io.cwd, SEED_FILE)));
  if (file !== undefined) {
    const seed = await readSeed(io, file);
    const project = firstProject(seed);
    const environment = options.environment ?? usualEnvironment(project);
    return { seed, from: `in ${shown(basename(file))}`, project, environment, variables };
  }
  const environment = options.environment ?? 'development';
  const config = await configurationOf(io, credentials);
  const entries = await entriesOf(config, environment);
  const trust = await developmentTrust(io, {}, trustedEnvironments(environment));
  const document = await makeSeed(entries, trust, `${storageName(trust.project)}-dev`);
  const [project] = document.vercel?.projects ?? [];
  if (project === undefined) throw new TypeError('A made seed has a project.');
  const seed = { file: SEED_FILE, document };
  return { seed, from: 'made from the options that were found here', project, environment, variables };
}

async function existing(path: string): Promise<string | undefined> {
  try {
    await access(path);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // `readSeed` reports it.
    return path;
  }
}

function firstProject({ file, document }: SeedFile): SeedProject {
  // Not checked yet: the emulator does it when it starts.
  const projects: unknown = (document as EmulatorSeed | null)?.vercel?.projects;
  const [project] = Array.isArray(projects) ? (projects as readonly unknown[]) : [];
  if (typeof project === 'object' && project !== null) return project as SeedProject;
  throw new UsageError(
    'invalid_argument',
    `The seed ${shown(file)} has no project in \`vercel.projects\`, so there is no identity to present.`,
    { option: '--seed', hint: `Delete it and run \`credex init\`, which writes one.` },
  );
}

function usualEnvironment({ environments }: SeedProject): string {
  if (!Array.isArray(environments) || environments.includes('development')) return 'development';
  return environments.find((one) => one !== 'preview') ?? environments[0] ?? 'development';
}

/** Preview is trusted only on request: that it is refused is what `p` shows. */
export const trustedEnvironments = (environment: string): readonly string[] =>
  environment === 'preview' ? ['preview'] : [...new Set([environment, 'development', 'production'])];

async function configurationOf(io: Io, credentials: object): Promise<Config> {
  try {
    return (await loadConfiguration(io, {}, 'person')).config;
  } catch (error) {
    const isAbsent = (error as { readonly code?: unknown }).code === 'missing_option';
    if (!isAbsent || Object.keys(credentials).length > 0) throw error;
    throw new UsageError(
      'missing_argument',
      'No cloud is set up here: there is no credex.emulator.json, no credex.config.*, and no variable such as AWS_ROLE_ARN.',
      { hint: 'Run `npx credex init`: it asks for the cloud and writes what is needed.', cause: error },
    );
  }
}

/** The entries for one environment. An entry for others only is not needed here. */
async function entriesOf(config: Config, environment: string): Promise<readonly Entry[]> {
  const { entryFor } = await import('@credex/config/internal');
  return Object.entries(config.credentials).flatMap(([name, value]) => {
    try {
      return [entryFor(name, value, environment)];
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 'missing_option') return [];
      throw error;
    }
  });
}

/** The team and project of the link or of a token that is found; without either, of this folder. */
export async function developmentTrust(
  io: Io,
  given: TrustOptions,
  environments: readonly string[],
): Promise<TrustRequest> {
  const { options } = await withKnown(io, { ...given, environment: environments });
  const checks = new Checks();
  const trust = trustRequest(
    {
      ...options,
      team: options.team ?? 'local',
      project: options.project ?? folderName(io.cwd),
      ...idsOf(options),
    },
    AUDIENCE,
    checks,
  );
  checks.finish();
  return trust;
}

/** Both ids or neither: a link has ids, but not the slug of the team. */
function idsOf({ team, teamId, projectId }: TrustOptions): TrustOptions {
  return team !== undefined && teamId !== undefined && projectId !== undefined
    ? { teamId, projectId }
    : { teamId: 'team_local', projectId: 'prj_local' };
}

function folderName(cwd: string): string {
  const name = basename(cwd)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return PROJECT.pattern.test(name) ? name : 'app';
}

/** Of all clouds: a bucket may not have `_` or `.` where a project may. */
export const storageName = (project: string): string =>
  project
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 50);

/** A seed that trusts `trust` as the identities of all entries, with a place for files in each cloud. */
export async function makeSeed(
  entries: readonly Entry[],
  trust: TrustRequest,
  storage: string,
): Promise<EmulatorSeed> {
  const sections: EmulatorSeed[] = [];
  for (const [name, load] of Object.entries(CLOUDS)) {
    const own = entries.filter(({ provider }) => provider === name);
    if (own.length === 0) continue;
    const { dev } = await load();
    if (dev !== undefined) sections.push(dev.seed(own, trust, storage));
  }
  return { vercel: { projects: [projectOf(entries, trust)] }, ...Object.assign({}, ...sections) };
}

function projectOf(entries: readonly Entry[], { team, project, ids, issuers }: TrustRequest): SeedProject {
  const expected = (name: 'ownerId' | 'projectId'): string | undefined => {
    const value = entries.map(({ expect }) => expect?.[name]).find((one) => one !== undefined);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    team,
    teamId: expected('ownerId') ?? ids?.team ?? 'team_local',
    project,
    projectId: expected('projectId') ?? ids?.project ?? 'prj_local',
    ...(issuers[0]?.mode === 'global' ? { issuerMode: 'global' } : {}),
  };
}
