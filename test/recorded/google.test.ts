import { beforeAll, describe, expect, test } from 'vitest';
import { gcpConfiguration } from '../../packages/gcp/src/options.js';
import { directGcp } from '../support/direct.js';
import { useFixture } from '../support/use-fixture.js';
import { classifyRecorded, expectRow, sentenceOf } from './classify-recorded.js';
import { createGoogleCases, emulatedGoogle, GOOGLE_CASES } from './emulated-google.js';
import { GOOGLE } from './google.js';
import type { GoogleResponse } from './google.js';

const configuration = gcpConfiguration({
  projectNumber: '123456789012',
  workloadIdentityPoolId: 'vercel',
  workloadIdentityPoolProviderId: 'vercel',
  serviceAccountEmail: 'app@my-project.iam.gserviceaccount.com',
});
const exchanger = directGcp(configuration);
const FEDERATED = { access_token: 'federated', token_type: 'Bearer', expires_in: 3_599 };

describe('what Google answered', () => {
  test.each(GOOGLE.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    const before = row.step === 'impersonation' ? [FEDERATED] : [];
    expectRow(await classifyRecorded(exchanger, { scopes: configuration.scopes }, row, before), row);
  });

  test('at least sixty responses, each with a source', () => {
    expect(GOOGLE.length).toBeGreaterThanOrEqual(60);
    // A guessed sentence may only have a class that another row with a source has as well.
    const sourced = new Set(GOOGLE.filter(({ text }) => text !== 'guessed').map(({ code }) => code));
    const guessed = GOOGLE.filter(({ text }) => text === 'guessed').map(({ code }) => code);
    expect(guessed.filter((code) => !sourced.has(code))).toEqual([]);
  });
});

describe('the emulator answers as Google did', () => {
  const fixture = useFixture();
  beforeAll(() => createGoogleCases(fixture));

  const rows = GOOGLE.filter(({ emulated }) => emulated !== undefined);
  test.each(rows.map((row) => [row.emulated as string, row] as const))('%s', async (name, row) => {
    const { status, body } = await emulatedGoogle(fixture, name);
    expect({ status, ...gist(body) }).toEqual({ status: row.status, ...gist(row.body) });
  });

  test('every case of the emulator has a recorded response', () => {
    expect(GOOGLE_CASES.filter((name) => !rows.some(({ emulated }) => emulated === name))).toEqual([]);
  });
});

/** What both forms of a refusal say, without the ids and values of one request. */
function gist(body: GoogleResponse['body'] | Readonly<Record<string, unknown>>): object {
  const { error, error_description: description } = body as Readonly<Record<string, unknown>>;
  if (typeof error === 'string') return { error, sentence: plain(String(description)) };
  const { code, status, message, details } = error as Readonly<Record<string, unknown>>;
  return { code, status, sentence: plain(String(message)), details: details ?? [] };
}

const plain = (sentence: string): string =>
  sentenceOf(sentence)
    .replace(/\[[^\]]*\]/g, '[<value>]')
    .replace(/issued at \d+/, 'issued at <time>')
    .replace(/\S+@\S+/, '<email>');
