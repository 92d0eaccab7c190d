import { explain } from '@credex/explain';
import { describe, expect, it } from 'vitest';
import { runInMemory } from '../memory-io.fixture.js';
import type { Plan } from '../setup/plan.js';
import { CLAIMS } from './policies.fixture.js';

async function planOf(...argv: readonly string[]): Promise<Pick<Plan, 'files' | 'commands'>> {
  const trusted = '--team acme --team-id team_acme --project shop --project-id prj_shop --issuer-mode both';
  const stages = '--environment production --environment preview';
  const { exit, json } = await runInMemory(['setup', ...argv, ...`${trusted} ${stages} --json`.split(' ')]);
  expect(exit).toBe(0);
  return json() as Plan;
}

const claimsOf = (iss: string, project: string, environment: string) => ({
  ...CLAIMS,
  iss,
  project,
  environment,
  sub: `owner:acme:project:${project}:environment:${environment}`,
});

/** Only the intended deployments get access, and nothing is too permissive. */
function expectMeant(cloud: 'aws' | 'azure', policy: string): void {
  for (const iss of ['https://oidc.vercel.com/acme', 'https://oidc.vercel.com']) {
    for (const environment of ['production', 'preview']) {
      const { verdict, findings } = explain({ cloud, policy, claims: claimsOf(iss, 'shop', environment) });
      expect(verdict).toBe('allowed');
      expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
    }
    for (const claims of [claimsOf(iss, 'shop', 'development'), claimsOf(iss, 'web', 'production')])
      expect(explain({ cloud, policy, claims }).verdict).toBe('refused');
  }
}

describe('what `credex setup` prints', () => {
  it('for AWS is what explain finds nothing wrong with', async () => {
    const { files } = await planOf('aws', '--account-id', '123456789012');
    expectMeant('aws', files.find(({ format }) => format === 'policy')?.text ?? '');
  });

  it('for Azure too', async () => {
    const { commands } = await planOf('azure');
    const credentials = commands.flatMap((command) => /--parameters '([^']+)'/.exec(command)?.[1] ?? []);
    expect(credentials).toHaveLength(4);
    expectMeant('azure', `[${credentials.join()}]`);
  });
});
