/** Multipart uploads by hand, for the tests of this folder: the requests of an upload of the key `big`. */
import { createHash } from 'node:crypto';
import { beforeEach } from 'vitest';
import type { ServiceAnswer } from '../../service.js';
import {
  ACCOUNT,
  AUDIENCE,
  element,
  ISSUER,
  ROLE,
  testAws,
  TRUST,
  type Credentials,
  type S3Request,
  type TestAws,
} from '../aws.fixture.js';

const FULL = { Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } };
/** The least that a part may have which is not the last one. */
export const LARGE: Buffer = Buffer.alloc(5 * 1024 * 1024, 'a');

type Headers = Readonly<Record<string, string>>;
/** Number, ETag, and further elements. */
export type Listed = readonly (readonly [number | string, string, string?])[];

export const etag = (body: string | Uint8Array): string =>
  `"${createHash('md5').update(body).digest('hex')}"`;
export const texts = (answer: ServiceAnswer, name: string): readonly (string | undefined)[] =>
  [...String(answer.body).matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text]) => text);

export interface TestUploads {
  readonly aws: TestAws;
  s3(request: Omit<S3Request, 'path'> & { readonly path?: string }): Promise<ServiceAnswer>;
  /** The id of a new upload. */
  create(headers?: Headers): Promise<string>;
  part(
    uploadId: string,
    number: number | string,
    body?: string | Uint8Array,
    headers?: Headers,
  ): Promise<ServiceAnswer>;
  /** By numbers and ETags, or by a document as it is. */
  complete(uploadId: string, parts: Listed | string, headers?: Headers): Promise<ServiceAnswer>;
  list(uploadId: string, query?: Record<string, string>): Promise<ServiceAnswer>;
}

/** Call it once, at the top of a test file: a bucket `shop` and a role that may do all, new for each test. */
export function useUploads(): TestUploads {
  let aws: TestAws;
  let role: Credentials;
  beforeEach(async () => {
    aws = testAws();
    aws.admin.createOpenIdConnectProvider({ accountId: ACCOUNT, url: ISSUER, clientIds: [AUDIENCE] });
    aws.admin.createRole({ arn: ROLE, trustPolicy: TRUST, policies: [FULL] });
    aws.admin.createBucket({ name: 'shop', accountId: ACCOUNT, region: 'us-east-1' });
    role = await aws.credentials();
  });
  const s3: TestUploads['s3'] = (request) => aws.s3({ path: '/shop/big', ...request }, role);
  return {
    get aws() {
      return aws;
    },
    s3,
    async create(headers = {}) {
      const answer = await s3({ method: 'POST', query: { uploads: '' }, headers });
      return element(answer, 'UploadId') ?? String(answer.body);
    },
    part: (uploadId, number, body = 'x', headers = {}) =>
      s3({ method: 'PUT', query: { partNumber: String(number), uploadId }, body, headers }),
    complete: (uploadId, parts, headers = {}) =>
      s3({
        method: 'POST',
        query: { uploadId },
        body: typeof parts === 'string' ? parts : documentOf(parts),
        headers,
      }),
    list: (uploadId, query = {}) => s3({ method: 'GET', query: { uploadId, ...query } }),
  };
}

function documentOf(parts: Listed): string {
  const elements = parts.map(
    ([number, tag, more = '']) => `<Part><PartNumber>${number}</PartNumber><ETag>${tag}</ETag>${more}</Part>`,
  );
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${elements.join('')}</CompleteMultipartUpload>`;
}
