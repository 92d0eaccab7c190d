import { describe, expect, it } from 'vitest';
import { credential, explained, SUBJECT } from '../explain.fixture.js';

const { name, ...fields } = credential() as { name: string; issuer: string; subject: string };
const TYPE = 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials';
const arm = { type: TYPE, apiVersion: '2023-01-31', name: `shop-identity/${name}`, properties: fields };
const template = (resources: unknown) => ({
  $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
  contentVersion: '1.0.0.0',
  resources,
});

describe('the files that federated credentials come in', () => {
  it.each<[string, unknown]>([
    ['a list of az', [credential()]],
    [
      'a list of az identity',
      [{ ...fields, name, id: '/subscriptions/…', resourceGroup: 'shop', type: TYPE }],
    ],
    ['a list of Graph', { value: [credential()] }],
    ['a list of Azure Resource Manager', { value: [{ id: '/subscriptions/…', name, properties: fields }] }],
    ['one resource', arm],
    ['an ARM template', template([arm])],
    ['an ARM template with a nested resource', template([{ type: 'x/y', resources: [{ ...arm, name }] }])],
    ['what bicep build makes, by symbolic name', template({ identity: { type: 'x/y' }, credential: arm })],
    [
      'a credential of Microsoft.Graph in Bicep',
      template({
        app: { type: 'Microsoft.Graph/applications/federatedIdentityCredentials@v1.0', properties: fields },
      }),
    ],
  ])('%s', async (_name, policy) => {
    expect(await explained('azure', policy)).toMatchObject({ verdict: 'allowed', findings: [] });
    const other = JSON.parse(
      JSON.stringify(policy).replaceAll(SUBJECT, 'owner:acme:project:other'),
    ) as unknown;
    expect(await explained('azure', other)).toMatchObject({ verdict: 'refused', answer: 'AADSTS700213' });
  });

  it('names the place of a resource', async () => {
    const { checks } = await explained('azure', template({ a: { type: 'x/y' }, b: arm }));
    expect(checks.map(({ at }) => at)).toContain('resources.b.subject');
  });

  it('leaves open what the template computes when it is deployed', async () => {
    const subject = "[format('owner:{0}:project:shop:environment:production', parameters('team'))]";
    const computed = template([{ ...arm, properties: { ...fields, subject } }]);
    const { verdict, findings } = await explained('azure', computed);
    expect(verdict).toBe('undecided');
    expect(findings.map(({ code }) => code)).toEqual(['not_judged_offline']);
    const elsewhere = template([{ ...arm, properties: { ...fields, subject, audiences: ['other'] } }]);
    expect(await explained('azure', elsewhere)).toMatchObject({ verdict: 'refused' });
  });

  it('judges a credential whose name could not be given today', async () => {
    const old = credential({ name: 'Vercel production (2023)' });
    const allowed = await explained('azure', [old]);
    expect(allowed.verdict).toBe('allowed');
    expect(allowed.findings).toMatchObject([{ code: 'refused_today', severity: 'note', at: '[0].name' }]);
    const refused = await explained('azure', [{ ...old, subject: 'x' }]);
    expect(refused.answer).toBe('AADSTS700213');
  });
});
