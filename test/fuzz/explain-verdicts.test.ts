/** `explain` reads a policy as text, the emulator takes it by its administration and decides over HTTP: both agree on random policies. */

import { explain } from '@credex/explain';
import type { Explanation } from '@credex/explain';
import { readSubjectToken } from '@credex/core/on-demand';
import type { MintOptions } from '@credex/testing/emulator';
import { describe, expect, test } from 'vitest';
import { awsOutcome, azureOutcome, gcpOutcome, NOTHING_INHERITED } from '../recorded/policies/outcomes.js';
import type { Outcome } from '../recorded/policies/outcomes.js';
import { AUDIENCE, ISSUER } from '../recorded/policies/policy-case.js';
import { TEAM } from '../demo/names.mjs';
import { seededRandom } from '../model/simulation.js';
import { useFixture } from '../support/use-fixture.js';
import {
  diceOf,
  federatedCredentials,
  poolProvider,
  serviceAccountBindings,
  trustPolicy,
} from './explain-policies.js';

const POLICIES = 240;
const SEED = 20_261_122;

const fixture = useFixture();

interface Both {
  readonly explained: Explanation;
  readonly outcome: Outcome;
}

/** Tokens that differ in what policies look at: environment, a list of audiences, who pulled it. */
const TOKENS: readonly Partial<MintOptions>[] = [
  {},
  { audience: [AUDIENCE, 'https://api.acme.example'] },
  { environment: 'preview' },
  { environment: 'development' },
];

/** What a cloud refuses to make today, and keeps from before. */
const KEPT: ReadonlySet<string> = new Set(['refused_today', 'shared_issuer_control']);

/** One agreement after the other; each of the three verdicts must come up. */
async function expectAgreement(ask: (index: number, jwt: string) => Promise<Both>): Promise<void> {
  const seen = { allowed: 0, refused: 0, invalid: 0 };
  const tokens = await Promise.all(
    TOKENS.map((more) => fixture.emulator.issuer.mint({ ...TEAM, environment: 'production', ...more })),
  );
  for (let index = 0; index < POLICIES; index += 1) {
    // The plain token half of the time.
    const jwt = tokens[index % 2 === 0 ? 0 : Math.floor(index / 2) % tokens.length] as string;
    const { explained, outcome } = await ask(index, jwt);
    const { verdict, answer, findings } = explained;
    const shown = `policy ${index} of seed ${SEED}: ${JSON.stringify(explained)}`;
    // A cloud refuses to make it, but keeps such a one from before: explain then judges what is kept.
    const isKept = outcome.verdict === 'invalid' && findings.some(({ code }) => KEPT.has(code));
    if (isKept) {
      seen.invalid += 1;
      continue;
    }
    expect(verdict, shown).toBe(outcome.verdict);
    if (verdict === 'refused') expect(answer, shown).toBe(outcome.answer);
    expect(
      findings.some(({ severity }) => severity === 'error'),
      shown,
    ).toBe(verdict !== 'allowed');
    seen[outcome.verdict] += 1;
  }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(POLICIES / 40);
}

const claimsOf = (jwt: string) => readSubjectToken(jwt).claims;

describe('explain and the emulator agree', () => {
  test('on trust policies of AWS', async () => {
    const accountId = '300000000000';
    const dice = diceOf(seededRandom(SEED));
    fixture.emulator.aws.createOpenIdConnectProvider({ accountId, url: ISSUER, clientIds: [AUDIENCE] });
    await expectAgreement(async (index, jwt) => {
      const [roleArn, roleSessionName] = [`arn:aws:iam::${accountId}:role/role-${index}`, 'shop'];
      const policy = trustPolicy(dice, accountId);
      const explained = explain({
        cloud: 'aws',
        policy: JSON.stringify(policy),
        claims: claimsOf(jwt),
        now: fixture.emulator.clock.now(),
        roleArn,
        roleSessionName,
      });
      return {
        explained,
        outcome: await awsOutcome(fixture.emulator, { roleArn, trustPolicy: policy, roleSessionName }, jwt),
      };
    });
  });

  test('on providers and service accounts of Google Cloud', async () => {
    const dice = diceOf(seededRandom(SEED));
    await expectAgreement(async (index, jwt) => {
      const projectNumber = String(600_000_000_000 + index);
      const provider = poolProvider(dice);
      const bindings = serviceAccountBindings(dice, projectNumber);
      const name = `projects/${projectNumber}/locations/global/workloadIdentityPools/vercel/providers/vercel`;
      const explained = explain({
        cloud: 'gcp',
        policy: JSON.stringify({ name, state: 'ACTIVE', ...provider }),
        claims: claimsOf(jwt),
        serviceAccountPolicy: bindings === undefined ? undefined : JSON.stringify({ version: 1, bindings }),
        projectPolicies: [JSON.stringify(NOTHING_INHERITED)],
      });
      return {
        explained,
        outcome: await gcpOutcome(fixture.emulator, { projectNumber, provider, bindings }, jwt),
      };
    });
  });

  test('on federated credentials of Azure', async () => {
    const tenantId = '3c9a2d7e-51f4-4b0d-8e6a-2f1b7c5d4e30';
    const dice = diceOf(seededRandom(SEED));
    fixture.emulator.azure.createTenant({ tenantId });
    await expectAgreement(async (index, jwt) => {
      const clientId = `7a1d3e5f-2b4c-4d6e-8f90-${String(index).padStart(12, '0')}`;
      const credentials = federatedCredentials(dice);
      const explained = explain({
        cloud: 'azure',
        policy: JSON.stringify(credentials),
        claims: claimsOf(jwt),
      });
      return {
        explained,
        outcome: await azureOutcome(fixture.emulator, { tenantId, clientId, credentials }, jwt),
      };
    });
  });
});
