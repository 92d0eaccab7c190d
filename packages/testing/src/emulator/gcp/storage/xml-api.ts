/** The XML API's requests for one object, as signed URLs make them: `/{bucket}/{object}`. */
import { createHash } from 'node:crypto';
import { decodedPart } from '../../request-content.js';
import type { ServiceAnswer, ServiceRequest } from '../../service.js';
import { StorageRefusal } from '../google-errors.js';
import type { Refusal } from '../google-errors.js';
import type { Permission } from '../roles.js';
import type { BucketCall } from './access.js';
import { deleteObject, getObject } from './objects.js';
import { xmlRefusal } from './signed-url.js';
import type { StoredObject } from './stored-object.js';
import { insertObject } from './upload.js';

export interface ObjectPath {
  readonly bucketName: string;
  readonly objectName: string;
}

/** Undefined where the path names no object. */
export function objectPathOf({ path }: ServiceRequest): ObjectPath | undefined {
  const [, bucket = '', object = ''] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const [bucketName, objectName] = [decodedPart(bucket), decodedPart(object)];
  return bucketName && objectName ? { bucketName, objectName } : undefined;
}

interface Method {
  readonly permission: Permission;
  readonly run: (call: BucketCall) => ServiceAnswer;
}

/** Of what was uploaded in one request the XML API's ETag is the MD5. */
const xmlEtagOf = ({ md5Hash }: StoredObject): string =>
  `"${Buffer.from(md5Hash, 'base64').toString('hex')}"`;

function checkMd5({ headers, body }: ServiceRequest): void {
  const said = headers['content-md5'];
  if (said === undefined || said === createHash('md5').update(body).digest('base64')) return;
  if (Buffer.from(said, 'base64').byteLength !== 16)
    throw xmlRefusal(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.');
  throw xmlRefusal(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
}

const METHODS: Readonly<Record<string, Method>> = {
  GET: {
    permission: 'storage.objects.get',
    run: (call) => getObject(asking(call, { alt: 'media' }), xmlEtagOf),
  },
  HEAD: {
    permission: 'storage.objects.get',
    run: (call) => ({ ...getObject(asking(call, { alt: 'media' }), xmlEtagOf), body: undefined }),
  },
  PUT: {
    permission: 'storage.objects.create',
    run: (call) => {
      checkMd5(call.request);
      const { status, headers } = insertObject(asking(call, { uploadType: 'media', name: call.objectName }));
      const etag = `"${createHash('md5').update(call.request.body).digest('hex')}"`;
      return { status, headers: { ...headers, etag, 'content-type': 'text/html; charset=UTF-8' } };
    },
  },
  DELETE: { permission: 'storage.objects.delete', run: (call) => deleteObject(asking(call, {})) },
};

const NOT_IMPLEMENTED = 'A header you provided implies functionality that is not implemented.';

/** Headers that change nothing about the object: about the signature, the billing, and the client itself. */
const HARMLESS: ReadonlySet<string> = new Set(
  [
    'content-sha256',
    'date',
    'user-project',
    'api-client',
    'request-params',
    'request-reason',
    'gcs-idempotency-token',
    // Judged with those of the JSON API.
    'if-generation-match',
    'if-metageneration-match',
  ].map((name) => `x-goog-${name}`),
);

/** Refuses what the emulator does not do: a condition or a limit that is ignored would let through what Google refuses. */
export function xmlMethodOf({ method, headers, query }: ServiceRequest): Method {
  const found = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (found === undefined)
    throw xmlRefusal(
      405,
      'MethodNotAllowed',
      'The specified method is not allowed against this resource.',
      `The emulator serves ${Object.keys(METHODS).join(', ')} of an object by signed URL.`,
    );
  const unknown =
    Object.keys(headers).find((name) => name.startsWith('x-goog-') && !HARMLESS.has(name)) ??
    [...query.keys()].find((name) => !PARAMETERS.test(name));
  if (unknown !== undefined)
    throw xmlRefusal(501, 'NotImplemented', NOT_IMPLEMENTED, `The emulator does not know ${unknown}.`);
  const signed = (query.get('X-Goog-SignedHeaders') ?? '').split(';');
  const unsigned = Object.keys(headers).find(
    (name) => name.startsWith('x-goog-if-') && !signed.includes(name),
  );
  if (unsigned === undefined) return found;
  // That extension headers must be signed is documented, the detail is guessed.
  throw xmlRefusal(
    400,
    'MalformedSecurityHeader',
    'Your request has a malformed header.',
    `Header was included in the request, but not in signedheaders: ${unsigned}.`,
  );
}

/** Of the signature, of the billing, and of the answer. Any other one names another resource than the object. */
const PARAMETERS = /^(?:x-goog-.+|userProject|generation|response-content-(?:disposition|type))$/i;

/** The same request as the JSON API asks it: the parameters of the signature are not for it. */
function asking(call: BucketCall, parameters: Readonly<Record<string, string>>): BucketCall {
  const { headers, query: sent } = call.request;
  const query = new URLSearchParams(parameters);
  const own = {
    ifGenerationMatch: headers['x-goog-if-generation-match'],
    ifMetagenerationMatch: headers['x-goog-if-metageneration-match'],
    generation: sent.get('generation') ?? undefined,
  };
  for (const [name, value] of Object.entries(own)) if (value !== undefined) query.set(name, value);
  return { ...call, request: { ...call.request, query } };
}

/** What the JSON API refuses, in the XML API's words. */
export function inXml(refusal: StorageRefusal): Refusal {
  const { status } = refusal.answer;
  const details = refusal.sentence;
  if (status === 403) return xmlRefusal(403, 'AccessDenied', 'Access denied.', details);
  if (status === 412)
    return xmlRefusal(
      412,
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold.',
    );
  if (status === 416) return xmlRefusal(416, 'InvalidRange', 'The requested range cannot be satisfied.');
  if (status === 501) return xmlRefusal(501, 'NotImplemented', NOT_IMPLEMENTED, details);
  if (status !== 404) return xmlRefusal(status, 'InvalidArgument', 'Invalid argument.', details);
  return details.startsWith('No such object')
    ? xmlRefusal(404, 'NoSuchKey', 'The specified key does not exist.', details)
    : xmlRefusal(404, 'NoSuchBucket', 'The specified bucket does not exist.');
}
