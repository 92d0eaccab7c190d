import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURE_START_MS } from '../support/fixture.js';
import { RUNTIMES } from './runtimes.js';
import type { CaseResult } from './runtimes.js';
import type { RuntimeFixture } from './setting.js';
import { startRuntimeFixture } from './setting.js';
import { names } from './suite.mjs';

let fixture: RuntimeFixture;
let folder: string;
beforeAll(async () => {
  fixture = await startRuntimeFixture();
  folder = await mkdtemp(join(tmpdir(), 'credex-runtime-'));
  await fixture.emulator.writeCa(join(folder, 'ca.pem'));
}, FIXTURE_START_MS);
afterAll(async () => {
  await fixture.close();
  await rm(folder, { recursive: true });
});

const absent = RUNTIMES.filter(({ missing }) => missing !== undefined);
if (absent.length > 0)
  console.warn(`NOT RUN: ${absent.map(({ name, missing }) => `${name} (${missing})`).join('; ')}`);

describe.each(RUNTIMES.filter(({ missing }) => missing === undefined))(
  'on $name',
  ({ run, transport, sharesRefreshes = true }) => {
    let results: readonly CaseResult[];
    beforeAll(async () => {
      fixture.emulator.log.clear();
      results = await run({ ...fixture.setting, transport, sharesRefreshes }, join(folder, 'ca.pem'));
    }, 150_000);

    it.each(names)('%s', (name) => {
      const result = results.find((one) => one.name === name);
      expect(result, 'the case ran').toBeDefined();
      expect(result?.failed).toBe(undefined);
    });

    it('asked each cloud as often as it had to', () => {
      const good = (service: string) =>
        fixture.emulator.log.entries().filter((entry) => entry.service === service && entry.status === 200)
          .length;
      expect({
        // A hundred callers, forceRefresh, and the way to the network.
        'aws-sts': good('aws-sts'),
        // Federated, and as the service account.
        'gcp-sts': good('gcp-sts'),
        'gcp-iam-credentials': good('gcp-iam-credentials'),
        entra: good('entra'),
        issuer: good('issuer'),
      }).toEqual({ 'aws-sts': 4, 'gcp-sts': 2, 'gcp-iam-credentials': 1, entra: 2, issuer: 1 });
    });
  },
);

it('runs on the seven runtimes where this machine has them', () => {
  expect(RUNTIMES).toHaveLength(7);
});
