/**
 * The options of all clouds: those of the cloud (clouds/), and the common ones. The checker, the environment variables
 * and the JSON schema are derived from them.
 */

import * as clouds from './clouds/registry.js';
import type { Grammar } from '@credex/core/internal';
import type { LocalLogin, OptionRow } from './clouds/cloud.js';

type Clouds = typeof clouds;

export type ProviderName = keyof Clouds;

/** The type of the entries, by cloud. */
export type EntryOf = { readonly [P in ProviderName]: NonNullable<Clouds[P]['entry']> };

type OptionTable = Readonly<Record<string, OptionRow>>;

export const CLOUDS: Readonly<
  Record<ProviderName, { readonly options: OptionTable; readonly login?: LocalLogin }>
> = clouds;

export const PROVIDERS: readonly ProviderName[] = Object.keys(CLOUDS) as ProviderName[];

/** The name of a deployment's environment: one of Vercel's three, or the slug of a custom one. */
export const ENVIRONMENT: Grammar = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/,
  says: 'production, preview, development or the slug of a custom environment',
};

const COMMON: OptionTable = {
  when: {
    kind: 'when',
    source: 'file',
    about: 'The environments this entry is for. The token must be of the same environment.',
  },
  expect: {
    kind: 'object',
    members: ['projectId', 'ownerId', 'environment', 'project', 'owner'],
    about: 'The project, team or environment that the token must have. Other tokens are not exchanged.',
  },
  audience: {
    kind: 'string',
    about: "Request a token of this audience from Vercel first; 'default': the cloud's own.",
  },
  timeoutMs: {
    kind: 'integer',
    range: [100, 60_000],
    about: 'The longest time for one exchange with its retries, in milliseconds. Default: 8000.',
  },
  minValidityMs: {
    kind: 'integer',
    range: [0, 86_400_000],
    about: 'How long the credential that a call returns must still be valid, in milliseconds. Default: 0.',
  },
  origins: {
    kind: 'code',
    about: "Origins to which authorize() may send this credential, in addition to the cloud's own hosts.",
  },
  allowLoopbackHttp: { kind: 'code', about: 'Allow http on loopback, such as an emulator.' },
};

/** For clouds with a login. A variable of a server must not let requests without a token use the server's own login. */
const LOCAL: OptionRow = {
  kind: 'string',
  source: 'no-variable',
  oneOf: ['profile'],
  isClosed: true,
  about: "On a laptop without a Vercel token, use the developer's own AWS profile, gcloud or az login.",
};

/** All options except `provider`, which selects the cloud. */
export const OPTIONS: Readonly<Record<ProviderName, OptionTable>> = Object.fromEntries(
  Object.entries(CLOUDS).map(([name, { options, login }]) => [
    name,
    { ...options, ...COMMON, ...(login === undefined ? {} : { local: LOCAL }) },
  ]),
) as Record<ProviderName, OptionTable>;

/** The options that are kept when a variable moves an entry to another cloud. */
export const COMMON_OPTIONS: readonly string[] = [...Object.keys(COMMON), 'local'];

export function isProviderName(value: unknown): value is ProviderName {
  return PROVIDERS.some((name) => name === value);
}

// Names of credentials, and the environment variables that set their options.

export const CREDENTIAL_NAME: Grammar = {
  pattern: /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/,
  says: 'letters a to z, digits and single hyphens, beginning with a letter',
};

export const PREFIX = 'CREDEX_';

/** Long enough for any purpose, short enough for an error message. */
export const MAX_NAME_LENGTH = 40;

/** `blob-store` → `CREDEX_BLOB_STORE_`. */
export function variablePrefix(name: string): string {
  return `${PREFIX}${upperCase(name)}_`;
}

/** `roleArn` → `ROLE_ARN`; a member of an object: `expect.projectId` → `EXPECT_PROJECT_ID`. */
function variableSuffix(option: string): string {
  return upperCase(option.replaceAll(/[A-Z]/g, (letter) => `-${letter}`).replaceAll('.', '-'));
}

/** `CREDEX_STORE_ROLE_ARN`. */
export function variableOf(name: string, option: string): string {
  return variablePrefix(name) + variableSuffix(option);
}

/** All options of a cloud by suffix, including the members of objects and `provider`. */
export function optionsBySuffix(provider: ProviderName | undefined): ReadonlyMap<string, string> {
  const found = new Map([['PROVIDER', 'provider']]);
  for (const cloud of provider === undefined ? PROVIDERS : [provider]) {
    for (const [option, { members = [] }] of Object.entries(OPTIONS[cloud])) {
      found.set(variableSuffix(option), option);
      for (const member of members) found.set(variableSuffix(`${option}.${member}`), `${option}.${member}`);
    }
  }
  return found;
}

/**
 * Finds two names that share a variable: `CREDEX_STORE_QUOTA_PROJECT_ID` could belong to `store` or to `store-quota`.
 * @returns the pair and the variable; undefined if there is none
 */
export function collision(names: readonly string[]): readonly [string, string, string] | undefined {
  const suffixes = [...optionsBySuffix(undefined).keys()];
  for (const shorter of names) {
    for (const longer of names) {
      if (!longer.startsWith(`${shorter}-`)) continue;
      const between = upperCase(longer.slice(shorter.length + 1));
      const shared = suffixes.find((suffix) => suffixes.includes(`${between}_${suffix}`));
      if (shared !== undefined) return [shorter, longer, `${variablePrefix(longer)}${shared}`];
    }
  }
  return undefined;
}

function upperCase(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
