import { beforeAll, describe, expect, test } from 'vitest';
import { SERVER_CODES } from '../../packages/azure/src/classify-azure-error.js';
import { azureConfiguration } from '../../packages/azure/src/options.js';
import { directAzure } from '../support/direct.js';
import { useFixture } from '../support/use-fixture.js';
import { AZURE_IDENTITY } from './azure-identity.js';
import { AZURE_REQUEST } from './azure-request.js';
import { classifyRecorded, expectRow, sentenceOf } from './classify-recorded.js';
import { AZURE_CASES, createOtherApplications, emulatedAzure } from './emulated-azure.js';

const AZURE = [...AZURE_IDENTITY, ...AZURE_REQUEST];
const TENANT = '11111111-2222-3333-4444-555555555555';
const CLIENT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const exchanger = directAzure(azureConfiguration({ tenantId: TENANT, clientId: CLIENT }));
const request = { scopes: ['https://storage.azure.com/.default'], tenantId: TENANT, enableCae: false };

describe('what Entra answered', () => {
  test.each(AZURE.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    expectRow(await classifyRecorded(exchanger, request, row), row);
  });

  test('at least ninety responses, each with a source; a guessed one decides no class', () => {
    expect(AZURE.length).toBeGreaterThanOrEqual(90);
    const sourced = new Set(
      AZURE.filter(({ text }) => text !== 'guessed').flatMap(
        ({ body }) => (body as { error_codes?: readonly number[] }).error_codes ?? [],
      ),
    );
    expect(SERVER_CODES.filter((code) => !sourced.has(Number(code.slice('AADSTS'.length))))).toEqual([]);
  });
});

describe('the emulator answers as Entra did', () => {
  const fixture = useFixture();
  beforeAll(() => createOtherApplications(fixture));

  const rows = AZURE.filter(({ emulated }) => emulated !== undefined);
  test.each(rows.map((row) => [row.emulated as string, row] as const))('%s', async (name, row) => {
    const { status, body } = await emulatedAzure(fixture, name);
    const real = row.body as Readonly<Record<string, unknown>>;
    expect([status, body['error'], body['error_codes']]).toEqual([
      row.status,
      real['error'],
      real['error_codes'],
    ]);
    expect(sentenceOf(String(body['error_description']))).toBe(sentenceOf(String(real['error_description'])));
  });

  test('every case of the emulator has a recorded response', () => {
    expect(AZURE_CASES.filter((name) => !rows.some(({ emulated }) => emulated === name))).toEqual([]);
  });
});
