import { beforeEach, describe, expect, it } from 'vitest';
import {
  NOT_VALIDATED,
  ACCOUNT,
  AUDIENCE,
  element,
  ISSUER,
  PROVIDER,
  refusal,
  ROLE,
  testAws,
  TRUST,
  trusting,
  webIdentityForm,
  type TestAws,
} from '../aws.fixture.js';

let aws: TestAws;
beforeEach(() => {
  aws = testAws();
  aws.admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
  aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST });
});

const exchange = async (form: Record<string, string>, request: { readonly host: string }) =>
  aws.sts({ ...(await webIdentityForm(aws)), ...form }, request);
const invalid = (message: string) => [400, 'InvalidIdentityToken', message];

describe('the place', () => {
  it.each(['sts.amazonaws.com', 'sts.us-gov-west-1.amazonaws.com', 'sts.cn-north-1.amazonaws.com.cn'])(
    'takes a role only at its own partition: %s',
    async (host) => {
      const status = (await exchange({}, { host })).status;
      expect(status).toBe(host === 'sts.amazonaws.com' ? 200 : 400);
    },
  );

  it.each([
    'sts.cn-northwest-1.amazonaws.com.cn',
    'sts.cn-north-1.api.amazonwebservices.com.cn',
    'localhost:1234',
  ])('a Chinese role at %s', async (host) => {
    const arn = `arn:aws-cn:iam::${ACCOUNT}:role/shop`;
    aws.admin.createRole({
      arn,
      trustPolicy: trusting(
        {},
        { Principal: { Federated: `arn:aws-cn:iam::${ACCOUNT}:oidc-provider/${PROVIDER}` } },
      ),
    });
    const answer = await exchange({ RoleArn: arn }, { host });
    expect(element(answer, 'Arn')).toBe(`arn:aws-cn:sts::${ACCOUNT}:assumed-role/shop/vercel-shop`);
    expect(refusal(await exchange({ RoleArn: arn }, { host: 'sts.us-east-1.amazonaws.com' }))).toEqual(
      invalid(NOT_VALIDATED),
    );
  });

  it('refuses a region that is switched off', async () => {
    aws.admin.disableStsRegion({ accountId: ACCOUNT, region: 'eu-west-1' });
    const refused = refusal(await exchange({}, { host: 'sts.eu-west-1.amazonaws.com' }));
    expect(refused.slice(0, 2)).toEqual([403, 'RegionDisabledException']);
    expect((await exchange({}, { host: 'sts.eu-west-2.amazonaws.com' })).status).toBe(200);
    expect(() => aws.admin.disableStsRegion({ accountId: ACCOUNT, region: 'us-east-1' })).toThrow(
      'us-east-1',
    );
  });
});
