import { describe, expect, it } from 'vitest';
import { bound, explained, POOL, provider, SUBJECT } from '../explain.fixture.js';

const MEMBER = `principal://iam.googleapis.com/${POOL}/subject/${SUBJECT}`;
const EMPTY = '{"etag":"ACAB"}';
const ancestors = (policy: string): string =>
  JSON.stringify([
    { type: 'project', id: 'acme-prod', policy: { etag: 'ACAB' } },
    { type: 'folder', id: '345', policy: { etag: 'ACAB' } },
    { type: 'organization', id: '123', policy: JSON.parse(policy) as object },
  ]);
const judged = (serviceAccountPolicy: string | undefined, ...projectPolicies: string[]) =>
  explained('gcp', provider(), { serviceAccountPolicy, projectPolicies });

describe('a role that the service account’s own policy does not give', () => {
  it('may be given above it: undecided, with the command that tells', async () => {
    const { verdict, answer, findings } = await judged(EMPTY);
    expect({ verdict, answer }).toEqual({ verdict: 'undecided', answer: undefined });
    const note = findings.find(({ code }) => code === 'ancestors_not_judged');
    expect(note).toMatchObject({ severity: 'note' });
    expect(note?.fix).toContain('gcloud projects get-ancestors-iam-policy PROJECT --format=json');
    expect(note?.fix).toContain('gcloud projects get-iam-policy PROJECT --format=json');
    expect(findings.map(({ code }) => code)).toContain('no_binding');
  });

  it.each([
    ['the project', [bound([MEMBER])]],
    ['one of several policies', [EMPTY, bound([MEMBER])]],
    ['the organization', [ancestors(bound([MEMBER]))]],
  ])('is given by %s', async (_name, policies) => {
    const { verdict, findings, checks } = await judged(EMPTY, ...policies);
    expect({ verdict, findings }).toEqual({ verdict: 'allowed', findings: [] });
    expect(checks.at(-1)).toMatchObject({ what: 'roles/iam.workloadIdentityUser', result: 'match' });
  });

  it('is not given by the project alone: a folder still may', async () => {
    const { verdict, findings } = await judged(EMPTY, bound(['user:ada@acme.example']));
    expect(verdict).toBe('undecided');
    expect(findings.find(({ code }) => code === 'ancestors_not_judged')?.message).toContain(
      'a folder or the organization',
    );
  });

  it('is not given by anything up to the organization: refused', async () => {
    const { verdict, answer, findings } = await judged(EMPTY, ancestors(EMPTY));
    expect({ verdict, answer }).toEqual({ verdict: 'refused', answer: 'PERMISSION_DENIED' });
    expect(findings.map(({ code }) => code)).not.toContain('ancestors_not_judged');
  });
});

it('names the mistake in an inherited binding, and passes over what it gives for other things', async () => {
  const policy = {
    bindings: [
      { role: 'roles/storage.objectAdmin', members: [MEMBER] },
      { role: 'roles/iam.workloadIdentityUser', members: [MEMBER.replace('production', 'preview')] },
    ],
  };
  const { findings } = await judged(EMPTY, ancestors(JSON.stringify(policy)));
  const errors = findings.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ code, at }) => [code, at])).toEqual([
    ['environment_differs', 'organization 123: bindings[1].members'],
    ['no_binding', 'bindings'],
  ]);
});

it('counts without the service account’s own policy, too', async () => {
  const codes = async (policy: string) => (await judged(undefined, policy)).findings.map(({ code }) => code);
  expect(await codes(bound([MEMBER]))).not.toContain('service_account_assumed');
  expect(await codes(EMPTY)).toContain('service_account_assumed');
});

it('is unknown only where the token gets as far', async () => {
  const { verdict, findings } = await explained('gcp', provider({ disabled: true }), {
    serviceAccountPolicy: EMPTY,
  });
  expect(verdict).toBe('refused');
  expect(findings.map(({ code }) => code)).not.toContain('ancestors_not_judged');
});

it.each([
  ['a trust policy of AWS', '{"Statement":[]}', 'policy_of_another_cloud'],
  ['an empty list', '[]', 'policy_of_another_cloud'],
  ['any JSON', '{"name":"x"}', 'policy_not_recognised'],
])('refuses %s, and names the command', async (_name, text, code) => {
  await expect(judged(EMPTY, text)).rejects.toMatchObject({
    code,
    input: 'projectPolicies',
    hint: expect.stringContaining('get-ancestors-iam-policy') as string,
  });
});

it('names the option that takes the policies of a project and what is above it', async () => {
  await expect(judged(ancestors(EMPTY))).rejects.toMatchObject({
    input: 'serviceAccountPolicy',
    hint: expect.stringContaining('Pass it as `projectPolicies`.') as string,
  });
});
