import { beforeAll, describe, expect, test } from 'vitest';
import { clientStsExchanger } from '@credex/aws/client-sts';
import { awsConfiguration } from '../../packages/aws/src/options.js';
import { directAws } from '../support/direct.js';
import { useFixture } from '../support/use-fixture.js';
import { AWS_REQUESTS } from './aws-requests.js';
import { AWS_TOKENS, ROLE } from './aws-tokens.js';
import { classifyRecorded, expectRow } from './classify-recorded.js';
import { AWS_CASES, emulatedAws, setUpAws } from './emulated-aws.js';
import type { RecordedResponse } from './recorded-response.js';

const AWS = [...AWS_TOKENS, ...AWS_REQUESTS];
const options = { roleArn: ROLE, region: 'eu-west-1', durationSeconds: 7200 };
/** By our own request, and by AWS's SDK, whose parser reads the response first. */
const EXCHANGERS = [
  ['direct', directAws(awsConfiguration(options))],
  ['SDK', clientStsExchanger()(awsConfiguration({ ...options, fetch: globalThis.fetch }))],
] as const;
const request = { region: 'eu-west-1' };

describe.each(EXCHANGERS)('what STS answered, %s', (_way, exchanger) => {
  test.each(AWS.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    const found = await classifyRecorded(exchanger, request, row);
    expectRow(found, row);
    expect(found.throttled === true).toBe(row.code === 'throttled');
  });

  test.each(AWS.filter(({ text }) => text === 'guessed').map((row) => [row.name, row] as const))(
    'guessed words decide no class: %s',
    async (_name, row) => {
      const other = String(row.body).replace(/<Message>[^<]*/, '<Message>Other words');
      const found = await classifyRecorded(exchanger, request, { ...row, body: other });
      expect([found.code, found.retry]).toEqual([row.code, row.retry]);
    },
  );
});

test('at least sixty responses with a source, each by a name of its own', () => {
  expect(AWS.filter(({ text }) => text !== 'guessed').length).toBeGreaterThanOrEqual(60);
  expect(new Set(AWS.map(({ name }) => name)).size).toBe(AWS.length);
  for (const { source } of AWS)
    expect(source).toMatch(/^(?:github:[\w.-]+(?:\/[\w.-]+(?:#\d+|:\S+)?)?|docs:\S+)$/);
});

describe('the emulator answers as STS did', () => {
  const fixture = useFixture();
  beforeAll(() => setUpAws(fixture));

  const rows = AWS.filter(({ emulated }) => emulated !== undefined);
  test.each(rows.map((row) => [row.emulated as string, row] as const))('%s', async (name, row) => {
    const found = await emulatedAws(fixture, name);
    const real = errorOf(row);
    expect([found.status, withoutSuffix(found.code)]).toEqual([row.status, withoutSuffix(real.code)]);
    expect(sentence(found.message)).toBe(sentence(real.message));
  });

  test('every case of the emulator has a recorded response', () => {
    expect(AWS_CASES.filter((name) => !rows.some(({ emulated }) => emulated === name))).toEqual([]);
  });
});

const withoutSuffix = (code: string | undefined): string | undefined => code?.replace(/Exception$/, '');

function errorOf({ body }: RecordedResponse): {
  readonly code: string | undefined;
  readonly message: string | undefined;
} {
  const read = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(String(body))?.[1];
  return { code: read('Code'), message: read('Message') };
}

/** Without what differs between two requests: numbers. */
const sentence = (message: string | undefined): string | undefined => message?.replaceAll(/\d+/g, 'N');
