/**
 * The options of all clouds: those of the cloud (clouds/), and the common ones. The checker, the environment variables
 * and the JSON schema are derived from them.
 */

import type { Grammar } from '@credex/core/internal';
import type { LocalLogin, OptionRow } from './clouds/cloud.js';
import * as clouds from './clouds/registry.js';

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
