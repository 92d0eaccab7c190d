/** The trust that `credex setup` prints, loaded into the emulated clouds: it admits the right tokens, and no others. */

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Emulator, MintOptions } from '@credex/testing/emulator';
import { startEmulator } from '@credex/testing/emulator';
import { LOAD_AWS, entersAws } from './setup/load-aws.js';
import { LOAD_AZURE, entersAzure } from './setup/load-azure.js';
import { LOAD_GCP, askGcp } from './setup/load-gcp.js';
import type { Enters, Load, Place } from './setup/place.js';
import { placeOf } from './setup/place.js';
import type { Printed } from './setup/printed.js';
import { setup } from './setup/printed.js';

vi.setConfig({ testTimeout: 60_000 });

type Token = Partial<MintOptions>;
type Tokens = Readonly<Record<string, Token>>;

const SHOP = { team: 'acme', teamId: 'team_acme', project: 'shop', projectId: 'prj_shop' };
const NAMES = ['--team', 'acme', '--project', 'shop'];
const IDS = ['--team-id', 'team_acme', '--project-id', 'prj_shop'];
const google = ({ projectNumber, email }: Place): readonly string[] => [
  '--google-project=acme-prod',
  `--google-project-number=${projectNumber}`,
  `--service-account=${email}`,
];
const aws = ({ account }: Place): readonly string[] => ['aws', '--account-id', account];
const CHOSEN = ['--environment', 'production', '--environment', 'staging'];
const LONG_AGO = Math.floor(Date.now() / 1000) - 7_200;

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
}, 60_000);
afterAll(() => emulator.close());

/** None of these may be admitted, whatever is trusted. */
const WRONG: Tokens = {
  'another project': { project: 'other', projectId: 'prj_other' },
  'a project whose name begins alike': { project: 'shop-2', projectId: 'prj_shop2' },
  'another environment': { environment: 'preview' },
  'an environment whose name begins alike': { environment: 'production-2' },
  'another team': { team: 'evil', teamId: 'team_evil' },
  'another team that says it is ours under its own issuer': {
    claims: { iss: 'https://oidc.vercel.com/evil' },
  },
  'an issuer that looks alike': { claims: { iss: 'https://oidc.vercel.com.evil.example/acme' } },
  'another audience': { audience: 'https://vercel.com/evil' },
  'another audience that begins alike': { audience: 'https://vercel.com/acme/' },
  'an environment in capitals': { environment: 'Production' },
  'an expired token': { issuedAt: LONG_AGO },
  'a token that was changed': { tamper: true },
  'a key that is not published': { signWith: 'unpublished' },
  'no signature': { header: { alg: 'none' } },
};
const RENAMED: Tokens = { 'the project after a rename': { project: 'store' } };
const NAMES_TAKEN: Tokens = {
  'whoever took the names of team and project': { teamId: 'team_thief', projectId: 'prj_thief' },
  'whoever took the name of the project': { projectId: 'prj_thief' },
  'the project, moved to whoever took the name of the team': { teamId: 'team_thief' },
};
const IN_CAPITALS: Tokens = { 'the project in capitals': { project: 'Shop' } };

/** The provider's condition must keep the wrong ones out by itself: there may be no service account behind it. */
const entersGcp =
  (providers: readonly string[]): Enters =>
  async (place, token) => {
    const answer = await askGcp(place, token, providers);
    if (answer === 'taken') throw new Error('The pool took what the service account refused.');
    return answer === 'admitted';
  };

interface Case {
  readonly argv: (place: Place) => readonly string[];
  readonly load: Load;
  readonly enters: Enters;
  readonly right: Tokens;
  readonly wrong: Tokens;
  /** What is done to the printed text before it is loaded. */
  readonly change?: (printed: Printed) => Printed;
}

const minted = new Map<string, Promise<string>>();

/** A token is the same for all places: signing is what takes the time. */
function mint(token: Token): Promise<string> {
  const key = JSON.stringify(token);
  const jwt = minted.get(key) ?? emulator.issuer.mint({ ...SHOP, environment: 'production', ...token });
  minted.set(key, jwt);
  return jwt;
}

let places = 0;

async function verdicts(one: Case): Promise<readonly [string, boolean][]> {
  const { argv, load, enters, right, wrong, change } = one;
  const place = placeOf(emulator, places++);
  const printed = await setup(argv(place));
  await load(place, change?.(printed) ?? printed);
  const found: [string, boolean][] = [];
  for (const [name, token] of Object.entries({ ...right, ...wrong })) {
    found.push([name, await enters(place, await mint(token))]);
  }
  return found;
}

const expected = ({ right, wrong }: Case): readonly [string, boolean][] => [
  ...Object.keys(right).map((name): [string, boolean] => [name, true]),
  ...Object.keys(wrong).map((name): [string, boolean] => [name, false]),
];

const team = { production: {}, staging: { environment: 'staging' } };
const global = {
  'production of the global issuer': { issuerMode: 'global' },
  'staging of the global issuer': { issuerMode: 'global', environment: 'staging' },
} satisfies Tokens;

/** Which tokens each issuer mode admits, and which it refuses besides all others. */
const MODES: readonly (readonly [mode: string, right: Tokens, wrong: Tokens])[] = [
  ['team', team, global],
  ['global', global, team],
  ['both', { ...team, ...global }, {}],
];

/** The same forgeries under the issuer that is trusted: they must fail for what they are. */
const under = (mode: string, tokens: Tokens): Tokens =>
  mode === 'global'
    ? Object.fromEntries(
        Object.entries(tokens).map(([name, token]) => [name, { issuerMode: 'global' as const, ...token }]),
      )
    : tokens;

describe.each(MODES)('issuer mode %s', (mode, right, wrong) => {
  const common = [...NAMES, ...CHOSEN, '--issuer-mode', mode];
  const out = { ...wrong, ...under(mode, { ...WRONG, ...RENAMED, ...IN_CAPITALS }) };

  it.each(Object.entries(LOAD_AWS))('on AWS, from its %s', async (_form, load) => {
    const argv: Case['argv'] = (place) => [...aws(place), ...common, ...IDS];
    const one: Case = { argv, load, enters: entersAws, right, wrong: out };
    expect(await verdicts(one)).toEqual(expected(one));
  });

  it.each(LOAD_AZURE)('on Azure, from %s', async (_form, more, load) => {
    const argv: Case['argv'] = (place) => ['azure', ...common, ...more(place)];
    const one: Case = { argv, load, enters: entersAzure, right, wrong: out };
    expect(await verdicts(one)).toEqual(expected(one));
  });

  it.each(Object.entries(LOAD_GCP))('on Google Cloud by the ids, from its %s', async (_form, load) => {
    const providers = mode === 'both' ? ['vercel', 'vercel-global'] : ['vercel'];
    const one: Case = {
      argv: (place) => ['gcp', ...common, ...IDS, ...google(place)],
      load,
      enters: entersGcp(providers),
      right: { ...right, ...under(mode, RENAMED) },
      wrong: { ...wrong, ...under(mode, { ...WRONG, ...NAMES_TAKEN }) },
    };
    expect(await verdicts(one)).toEqual(expected(one));
  });
});

describe('without ids, on Google Cloud', () => {
  it.each(Object.entries(LOAD_GCP))('the names decide, from its %s', async (_form, load) => {
    const one: Case = {
      argv: (place) => ['gcp', ...NAMES, ...CHOSEN, ...google(place)],
      load,
      enters: entersGcp(['vercel']),
      right: team,
      wrong: { ...global, ...WRONG, ...RENAMED, ...IN_CAPITALS },
    };
    expect(await verdicts(one)).toEqual(expected(one));
  });

  it('a subject of more than 127 bytes is made of ids, and still decides the same', async () => {
    const project = `${'s'.repeat(90)}hop`;
    const one: Case = {
      argv: (place) => ['gcp', '--team', 'acme', '--project', project, ...IDS, ...CHOSEN, ...google(place)],
      load: LOAD_GCP['cli'] as Load,
      enters: entersGcp(['vercel']),
      right: { 'a long name': { project } },
      wrong: WRONG,
    };
    expect(await verdicts(one)).toEqual(expected(one));
  });
});

describe.each([
  ['ids', IDS, NAMES_TAKEN],
  ['names', [], RENAMED],
] as const)("on Google Cloud, the service account's bindings by %s", (_by, ids, wrong) => {
  it('keep the others out even where a provider of the pool takes everybody', async () => {
    const condition = / \\\n {2}--attribute-condition .*/;
    const one: Case = {
      argv: (place) => ['gcp', ...NAMES, ...ids, ...CHOSEN, ...google(place)],
      load: LOAD_GCP['cli'] as Load,
      change: (printed) => {
        const commands = printed.commands.map((command) => command.replace(condition, ''));
        if (commands.join() === printed.commands.join()) throw new Error('There was no condition.');
        return { ...printed, commands };
      },
      enters: async (place, token) => (await askGcp(place, token, ['vercel'])) === 'admitted',
      right: team,
      wrong: { ...WRONG, ...wrong },
    };
    expect(await verdicts(one)).toEqual(expected(one));
  });
});

describe('a custom audience', () => {
  it.each([
    ['AWS', aws, LOAD_AWS['cli'], entersAws],
    ['Azure', () => ['azure'], LOAD_AZURE[0]?.[2], entersAzure],
  ] as readonly (readonly [string, Case['argv'], Load | undefined, Enters])[])(
    'is the only one that %s takes',
    async (_cloud, argv, load, enters) => {
      const one: Case = {
        argv: (place) => [...argv(place), ...NAMES, ...CHOSEN, '--audience', 'api://AzureADTokenExchange'],
        load: load as Load,
        enters,
        right: { 'the audience asked for': { audience: 'api://AzureADTokenExchange' } },
        wrong: { 'the usual audience': {} },
      };
      expect(await verdicts(one)).toEqual(expected(one));
    },
  );
});
