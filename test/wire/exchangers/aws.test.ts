import type { AwsCredentialsProviderOptions, AwsExchangerFactory } from '@credex/aws';
import { awsCredentialsProvider } from '@credex/aws';
import { clientStsExchanger } from '@credex/aws/client-sts';
import { exchangerConformance } from '@credex/testing/conformance';
import { describe, it } from 'vitest';
import { directAws } from '../../support/direct.js';
import { AWS } from '../../support/trust.js';
import { useFixture } from '../../support/use-fixture.js';
import type { Cloud } from './emulated-harness.js';
import { emulated, exchangerOf } from './emulated-harness.js';

const fixture = useFixture();

const STS: Cloud = {
  service: 'aws-sts',
  field: 'SecretAccessKey',
  otherIdentity: { environment: 'preview' },
  said: (words, how) => ({
    status: how === 'refuse' ? 403 : 503,
    body:
      '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>' +
      `<Code>${how === 'refuse' ? 'AccessDenied' : 'ServiceUnavailable'}</Code><Message>${words}</Message>` +
      '</Error><RequestId>f00d</RequestId></ErrorResponse>',
  }),
};

const request = { region: AWS.region };

const askedOf =
  (factory: AwsExchangerFactory) =>
  (more: AwsCredentialsProviderOptions = {}) => ({
    exchanger: exchangerOf(factory, (exchanger) =>
      awsCredentialsProvider({ ...fixture.options.aws, ...more, exchanger }),
    ),
    request,
  });

const harness = (factory: AwsExchangerFactory) => () => {
  const asked = askedOf(factory);
  return emulated(fixture, STS, {
    ...asked(),
    equal: asked({ durationSeconds: undefined }),
    different: {
      role: asked({ roleArn: 'arn:aws:iam::123456789012:role/another' }),
      account: asked({ roleArn: 'arn:aws:iam::210987654321:role/shop-production' }),
      'session name': asked({ roleSessionName: 'another' }),
      duration: asked({ durationSeconds: 900 }),
      policy: asked({ policy: { Version: '2012-10-17', Statement: [] } }),
      'policy ARNs': asked({ policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }),
      endpoint: asked({ endpoint: 'https://sts.internal.example' }),
    },
  });
};

const runner = { describe, it };
exchangerConformance(runner, harness(clientStsExchanger()), { name: 'AWS by @aws-sdk/client-sts' });
exchangerConformance(runner, harness(directAws), { name: 'AWS by a request of our own' });
