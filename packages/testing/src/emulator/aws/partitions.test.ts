import { describe, expect, it } from 'vitest';
import { s3Place, stsPlace } from './partitions.js';

describe('what a name of STS says', () => {
  it.each([
    ['sts.amazonaws.com', 'us-east-1', 'aws'],
    ['sts.eu-central-1.amazonaws.com', 'eu-central-1', 'aws'],
    ['STS.EU-CENTRAL-1.AMAZONAWS.COM:443', 'eu-central-1', 'aws'],
    ['sts-fips.us-east-2.amazonaws.com', 'us-east-2', 'aws'],
    ['sts.us-east-2.api.aws', 'us-east-2', 'aws'],
    ['sts-fips.us-east-2.api.aws', 'us-east-2', 'aws'],
    ['sts.us-gov-west-1.amazonaws.com', 'us-gov-west-1', 'aws-us-gov'],
    ['sts-fips.us-gov-west-1.api.aws', 'us-gov-west-1', 'aws-us-gov'],
    ['sts.cn-northwest-1.amazonaws.com.cn', 'cn-northwest-1', 'aws-cn'],
    ['sts.cn-north-1.api.amazonwebservices.com.cn', 'cn-north-1', 'aws-cn'],
    ['sts.eusc-de-east-1.amazonaws.eu', 'eusc-de-east-1', 'aws-eusc'],
    ['sts.us-iso-east-1.c2s.ic.gov', 'us-iso-east-1', 'aws-iso'],
    ['sts.us-isob-east-1.sc2s.sgov.gov', 'us-isob-east-1', 'aws-iso-b'],
    ['sts.eu-isoe-west-1.cloud.adc-e.uk', 'eu-isoe-west-1', 'aws-iso-e'],
    ['sts.us-isof-south-1.csp.hci.ic.gov', 'us-isof-south-1', 'aws-iso-f'],
  ])('%s', (host, region, partition) => expect(stsPlace(host)).toEqual({ region, partition }));

  it.each([
    '127.0.0.1:4566',
    'localhost',
    'sts.evil.com',
    'sts.eu-west-1.amazonaws.com.evil.com',
    'sts.cn-north-1.amazonaws.com',
    's3.eu-west-1.amazonaws.com',
  ])('%s says nothing', (host) => expect(stsPlace(host)).toBeUndefined());
});

describe('what a name of S3 says', () => {
  it.each([
    ['s3.amazonaws.com', undefined, undefined],
    ['s3.eu-west-1.amazonaws.com', undefined, 'eu-west-1'],
    ['shop.s3.eu-west-1.amazonaws.com', 'shop', 'eu-west-1'],
    ['my.shop.s3.dualstack.us-gov-west-1.amazonaws.com', 'my.shop', 'us-gov-west-1'],
    ['shop.s3.cn-north-1.amazonaws.com.cn', 'shop', 'cn-north-1'],
    ['shop.s3.eusc-de-east-1.amazonaws.eu', 'shop', 'eusc-de-east-1'],
    ['shop.localhost:4566', 'shop', undefined],
    ['127.0.0.1:4566', undefined, undefined],
  ])('%s', (host, bucket, region) => expect(s3Place(host)).toEqual({ bucket, region }));
});
