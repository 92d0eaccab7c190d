import { describe, expect, it } from 'vitest';
import { ACCOUNT, AUDIENCE, ISSUER, ROLE, testAws, TRUST } from '../aws.fixture.js';

describe('what IAM does not take', () => {
  it.each([
    ['http', 'http://oidc.vercel.com/acme'],
    ['no scheme', 'oidc.vercel.com/acme'],
    ['a query', `${ISSUER}?a=1`],
  ])('a provider with %s', (_, url) => {
    const { admin } = testAws();
    expect(() => admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url, clientIds: [] })).toThrow(
      /^ValidationError: `url` must be https/,
    );
  });

  it('a provider twice in one account', () => {
    const { admin } = testAws();
    const provider = { accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] };
    admin.createOpenIdConnectProvider(provider);
    admin.createOpenIdConnectProvider({ ...provider, accountId: '999999999999' });
    expect(() => admin.createOpenIdConnectProvider(provider)).toThrow(/^EntityAlreadyExists/);
    expect(() => admin.createOpenIdConnectProvider({ ...provider, accountId: '12345' })).toThrow(/12 digits/);
  });

  it('a role twice, or with an ARN or a duration that is none', () => {
    const { admin } = testAws();
    admin.createRole({ arn: ROLE, trustPolicy: TRUST });
    expect(() => admin.createRole({ arn: ROLE, trustPolicy: TRUST })).toThrow(/^EntityAlreadyExists/);
    expect(() => admin.createRole({ arn: 'shop', trustPolicy: TRUST })).toThrow(/is no role's ARN/);
    const other = { arn: `${ROLE}-2`, trustPolicy: TRUST };
    expect(() => admin.createRole({ ...other, maxSessionDuration: 3599 })).toThrow(/3600 to 43200/);
    expect(() => admin.createRole({ ...other, maxSessionDuration: 43_201 })).toThrow(/3600 to 43200/);
  });

  it('changes to a role that is not there', () => {
    const { admin } = testAws();
    expect(() => admin.updateRole({ arn: ROLE })).toThrow(/^NoSuchEntity/);
    expect(() => admin.deleteRole(ROLE)).toThrow(/^NoSuchEntity/);
  });

  it('a user or a managed policy with an ARN of another kind', () => {
    const { admin } = testAws();
    expect(() => admin.createUser({ arn: ROLE })).toThrow(/is no user's ARN/);
    expect(() => admin.createManagedPolicy({ arn: ROLE, document: TRUST })).toThrow(/is not valid/);
  });
});
