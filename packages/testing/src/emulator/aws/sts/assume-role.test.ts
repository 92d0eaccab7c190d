import { beforeEach, describe, expect, it } from 'vitest';
import {
  ACCOUNT,
  AUDIENCE,
  element,
  ISSUER,
  credentialsIn,
  refusal,
  ROLE,
  testAws,
  TRUST,
  type Credentials,
  type TestAws,
} from '../aws.fixture.js';

const TARGET = `arn:aws:iam::${ACCOUNT}:role/target`;
const FAR = 'arn:aws:iam::999999999999:role/far';
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/shop/vercel-shop`;

const trust = (AWS: string | readonly string[], Condition?: object, Effect = 'Allow') => ({
  Version: '2012-10-17',
  Statement: {
    Effect,
    Principal: { AWS },
    Action: 'sts:AssumeRole',
    ...(Condition === undefined ? {} : { Condition: Condition as never }),
  },
});
const may = (Resource: string, Effect = 'Allow') => ({
  Version: '2012-10-17',
  Statement: { Effect, Action: 'sts:AssumeRole', Resource },
});

let aws: TestAws;
let shop: Credentials;
beforeEach(async () => {
  aws = testAws();
  aws.admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
  aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST });
  shop = await aws.credentials();
});

const assume = (form: Record<string, string> = {}, credentials = shop) =>
  aws.signedSts(
    {
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: TARGET,
      RoleSessionName: 'chained',
      ...form,
    },
    credentials,
  );
const denied = (arn = TARGET, who = SESSION) => [
  403,
  'AccessDenied',
  `User: ${who} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
];

describe('a chain of roles', () => {
  it('gives credentials of the second role', async () => {
    aws.admin.createRole({ arn: TARGET, trustPolicy: trust(ROLE) });
    const answer = await assume();
    expect(element(answer, 'Arn')).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/target/chained`);
    const who = await aws.signedSts(
      { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      credentialsIn(answer),
    );
    expect(element(who, 'Arn')).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/target/chained`);
    expect(answer.log).toMatchObject({ caller: SESSION, chained: 'true', verdict: 'allowed' });
  });

  it('lasts an hour at most, whatever the role allows', async () => {
    aws.admin.createRole({ arn: TARGET, trustPolicy: trust(ROLE), maxSessionDuration: 43_200 });
    expect((await assume({ DurationSeconds: '3600' })).status).toBe(200);
    expect(refusal(await assume({ DurationSeconds: '3601' }))[2]).toBe(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
    aws.admin.updateRole({ arn: TARGET, maxSessionDuration: 3600 });
    expect(refusal(await assume({ DurationSeconds: '3601' }))[2]).toBe(
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  });

  it('is refused for a missing role, and for one that does not trust the caller', async () => {
    expect(refusal(await assume())).toEqual(denied());
    aws.admin.createRole({ arn: TARGET, trustPolicy: trust(`arn:aws:iam::${ACCOUNT}:role/other`) });
    expect(refusal(await assume())).toEqual(denied());
  });

  it('needs a signature', async () => {
    const answer = await aws.sts({ Action: 'AssumeRole', Version: '2011-06-15', RoleArn: TARGET });
    expect(refusal(answer)[1]).toBe('MissingAuthenticationToken');
  });

  it.each([ACCOUNT, `arn:aws:iam::${ACCOUNT}:root`])(
    'trusted through the account (%s), needs an identity policy as well',
    async (principal) => {
      aws.admin.createRole({ arn: TARGET, trustPolicy: trust(principal) });
      expect(refusal(await assume())).toEqual(denied());
      aws.admin.updateRole({ arn: ROLE, policies: [may(TARGET)] });
      expect((await assume()).status).toBe(200);
    },
  );

  it('across accounts, needs an identity policy though it is named', async () => {
    aws.admin.createRole({ arn: FAR, trustPolicy: trust([ROLE, SESSION]) });
    expect(refusal(await assume({ RoleArn: FAR }))).toEqual(denied(FAR));
    aws.admin.updateRole({ arn: ROLE, policies: [may(FAR)] });
    expect((await assume({ RoleArn: FAR })).status).toBe(200);
  });

  it('is stopped by a Deny on either side', async () => {
    aws.admin.createRole({ arn: TARGET, trustPolicy: trust(ROLE) });
    aws.admin.updateRole({ arn: ROLE, policies: [may('*', 'Deny')] });
    expect(refusal(await assume())).toEqual(denied());
  });

  it('is stopped by a session policy that does not allow it', async () => {
    aws.admin.createRole({ arn: TARGET, trustPolicy: trust(ROLE) });
    const narrow = async (Resource: string) => aws.credentials({ Policy: JSON.stringify(may(Resource)) });
    expect((await assume({}, await narrow(TARGET))).status).toBe(200);
    expect(refusal(await assume({}, await narrow(FAR)))).toEqual(denied());
  });

  it('compares the external id', async () => {
    aws.admin.createRole({
      arn: TARGET,
      trustPolicy: trust(ROLE, { StringEquals: { 'sts:ExternalId': 'contract-7' } }),
    });
    expect((await assume({ ExternalId: 'contract-7' })).status).toBe(200);
    expect(refusal(await assume({ ExternalId: 'contract-8' }))).toEqual(denied());
    expect(refusal(await assume())).toEqual(denied());
    expect(refusal(await assume({ ExternalId: 'bad value' }))[1]).toBe('ValidationError');
  });
});

describe('a user', () => {
  const arn = `arn:aws:iam::${ACCOUNT}:user/ops`;

  it('says who it is', async () => {
    const user = aws.admin.createUser({ arn });
    expect(user.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    const who = await aws.signedSts({ Action: 'GetCallerIdentity', Version: '2011-06-15' }, user);
    expect(element(who, 'Arn')).toBe(arn);
    expect(element(who, 'UserId')).toMatch(/^AIDA[A-Z2-7]{17}$/);
  });

  it('assumes a role for longer than an hour: that is no chain', async () => {
    const user = aws.admin.createUser({ arn });
    aws.admin.createRole({ arn: TARGET, trustPolicy: trust(arn), maxSessionDuration: 43_200 });
    const answer = await assume({ DurationSeconds: '43200' }, user);
    expect(element(answer, 'Expiration')).toBe('2026-11-23T00:00:00Z');
    expect(answer.log).toMatchObject({ chained: 'false' });
  });

  it('does not come in with a session token', async () => {
    const user = aws.admin.createUser({ arn });
    const answer = await assume({}, { ...user, sessionToken: 'IQoJb3JpZ2luX2Vj' });
    expect(refusal(answer)[1]).toBe('InvalidClientTokenId');
  });
});
