/** `credex init`: the variables, the emulator's seed and the trust of one cloud, from a few answers. */

import { join } from 'node:path';
import type { Config, Entry } from '@credex/config';
import type { EmulatorSeed } from '@credex/testing/emulator';
import { parseJson } from '@credex/core/internal';
import type { InitCloud } from '../clouds/cloud.js';
import { SEED_FILE, developmentTrust, makeSeed, storageName, trustedEnvironments } from '../dev/dev-seed.js';
import type { Io } from '../io.js';
import type { Plan } from '../setup/plan.js';
import type { TrustOptions, TrustRequest } from '../setup/trust-request.js';
import { UsageError } from '../usage-error.js';
import type { Collected } from './collect.js';
import { collect } from './collect.js';
import { addedVariables, environmentFile, writeEnvironment } from './environment-file.js';
import type { Step } from './next-steps.js';
import { nextSteps } from './next-steps.js';
import { followed } from './inside-folder.js';
import type { WrittenFile } from './write-files.js';
import { contentOf, writeFiles } from './write-files.js';

export type InitOptions = TrustOptions &
  Readonly<Record<string, unknown>> & { readonly storage?: string; readonly force?: boolean };

/** The document of `--json`. */
export interface Initialized {
  readonly provider: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly files: readonly WrittenFile[];
  readonly next: readonly Step[];
  readonly notes: readonly string[];
}

const ENVIRONMENT_FILE = '.env.local';

/** @throws UsageError, OptionError, ConfigError; nothing was written then */
export async function initialize(
  io: Io,
  provider: string,
  cloud: InitCloud,
  options: InitOptions,
): Promise<Initialized> {
  const collected = await collect(io, cloud, options);
  const { trust, plan, notes } = collected;
  const variables = variablesOf(cloud, collected);
  const entry = await checkedEntry(provider, collected);
  const isForced = options.force === true;
  const script = `trust/${provider}/commands.sh`;
  const seed = await seedWith(io, provider, entry, trust, storageOf(options, trust));
  const file = join(io.cwd, ENVIRONMENT_FILE);
  // Refuses before anything is written.
  const before = await environmentFile(io, file);
  const text = addedVariables(before.text, variables, { file, isForced });
  const files = await writeFiles(io.cwd, trustFiles(provider, plan, script), isForced);
  const environment = await writeEnvironment(before, text);
  const seeded = seed === undefined ? [] : await writeFiles(io.cwd, { [SEED_FILE]: seed }, true);
  const { environments } = trust;
  const { packages } = cloud.init;
  return {
    provider,
    variables,
    files: [{ path: ENVIRONMENT_FILE, status: environment }, ...seeded, ...files],
    next: await nextSteps({ directory: io.cwd, packages, variables, environments, script }),
    notes: [
      ...notes,
      ...(seed === undefined
        ? [
            `${SEED_FILE} has a section \`${provider}\` already, which was left as it is. If the team, the project or the account changed, delete the file and run \`credex init\` again.`,
          ]
        : []),
      ...plan.notes,
    ],
  };
}

/** As the cloud's package reads them. */
const variablesOf = ({ variables }: InitCloud, { entry }: Collected): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(entry).flatMap(([option, value]) => {
      const [name] = variables.options[option] ?? [];
      return name === undefined ? [] : [[name, value]];
    }),
  );

/** By the grammar of the configuration, which is that of the cloud's package. */
async function checkedEntry(provider: string, { entry }: Collected): Promise<Entry> {
  const { checkedConfig, FROM_CODE } = await import('@credex/config/internal');
  const config: Config = checkedConfig({ credentials: { [provider]: { provider, ...entry } } }, FROM_CODE);
  return config.credentials[provider] as Entry;
}

const storageOf = ({ storage }: InitOptions, { project }: TrustRequest): string => {
  const name = storage ?? `${storageName(project)}-dev`;
  if (/^[a-z0-9](?:-?[a-z0-9]){2,49}$/.test(name)) return name;
  throw new UsageError(
    'invalid_argument',
    '--storage must be 3 to 50 lowercase letters, digits and single hyphens, which every cloud takes.',
    { option: '--storage' },
  );
};

function trustFiles(provider: string, { files, commands }: Plan, script: string): Record<string, string> {
  const named = files.map(({ name, text }) => [`trust/${provider}/${name}`, text]);
  return { ...Object.fromEntries(named), [script]: `#!/bin/sh\nset -eu\n\n${commands.join('\n\n')}\n` };
}

/**
 * The seed with a section for this cloud: the rest of the file, which a person may have changed, stays. Undefined if it has
 * that section.
 */
async function seedWith(
  io: Io,
  provider: string,
  entry: Entry,
  { team, project, ids, issuers }: TrustRequest,
  storage: string,
): Promise<string | undefined> {
  // What a link leads to would be copied into the project.
  const path = await followed(io, join(io.cwd, SEED_FILE));
  const before = path === undefined ? undefined : await contentOf(path);
  const present = before === undefined ? {} : seedIn(before);
  if (Object.hasOwn(present, provider)) return undefined;
  const [issuer] = issuers;
  const trust = await developmentTrust(
    io,
    {
      team,
      project,
      ...(ids === undefined ? {} : { teamId: ids.team, projectId: ids.project }),
      ...(issuer === undefined ? {} : { issuerMode: issuer.mode }),
    },
    trustedEnvironments('development'),
  );
  const made = await makeSeed([entry], trust, storage);
  return `${JSON.stringify({ ...made, ...present }, null, 2)}\n`;
}

function seedIn(text: string): EmulatorSeed {
  try {
    const seed: unknown = parseJson(text);
    if (typeof seed === 'object' && seed !== null && !Array.isArray(seed)) return seed;
  } catch {
    // Reported below.
  }
  throw new UsageError('invalid_argument', `${SEED_FILE} is not a JSON object.`, {
    hint: 'Correct it, or delete it.',
  });
}
