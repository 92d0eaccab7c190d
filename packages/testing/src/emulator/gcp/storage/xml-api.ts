/** The XML API's requests for one object, as signed URLs make them: `/{bucket}/{object}`. */
import { decodedPart } from '../../request-content.js';
import type { ServiceAnswer, ServiceRequest } from '../../service.js';
import { StorageRefusal } from '../google-errors.js';
import type { Refusal } from '../google-errors.js';
import type { Permission } from '../roles.js';
import type { BucketCall } from './access.js';
import { deleteObject, getObject } from './objects.js';
import { xmlRefusal } from './signed-url.js';
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

const METHODS: Readonly<Record<string, Method>> = {
  GET: { permission: 'storage.objects.get', run: (call) => getObject(asking(call, { alt: 'media' })) },
  HEAD: {
    permission: 'storage.objects.get',
    run: (call) => ({ ...getObject(asking(call, { alt: 'media' })), body: undefined }),
  },
  PUT: {
    permission: 'storage.objects.create',
    run: (call) => {
      const { status, headers } = insertObject(asking(call, { uploadType: 'media', name: call.objectName }));
      return { status, headers: { ...headers, 'content-type': 'text/html; charset=UTF-8' } };
    },
  },
  DELETE: { permission: 'storage.objects.delete', run: deleteObject },
};

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
  ].map((name) => `x-goog-${name}`),
);

/** Refuses what the emulator does not do: a condition or a limit that is ignored would let through what Google refuses. */
export function xmlMethodOf({ method, headers }: ServiceRequest): Method {
  const found = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (found === undefined)
    throw xmlRefusal(
      405,
      'MethodNotAllowed',
      'The specified method is not allowed against this resource.',
      `The emulator serves ${Object.keys(METHODS).join(', ')} of an object by signed URL.`,
    );
  const unknown = Object.keys(headers).find((name) => name.startsWith('x-goog-') && !HARMLESS.has(name));
  if (unknown === undefined) return found;
  throw xmlRefusal(
    501,
    'NotImplemented',
    'A header you provided implies functionality that is not implemented.',
    `The emulator does not know ${unknown}.`,
  );
}

/** The same request as the JSON API asks it: the parameters of the signature are not for it. */
const asking = (call: BucketCall, parameters: Readonly<Record<string, string>>): BucketCall => ({
  ...call,
  request: { ...call.request, query: new URLSearchParams(parameters) },
});

/** What the JSON API refuses, in the XML API's words. */
export function inXml(refusal: StorageRefusal): Refusal {
  const { status } = refusal.answer;
  const details = refusal.sentence;
  if (status === 403) return xmlRefusal(403, 'AccessDenied', 'Access denied.', details);
  if (status !== 404) return xmlRefusal(status, 'InvalidArgument', 'Invalid argument.', details);
  return details.startsWith('No such object')
    ? xmlRefusal(404, 'NoSuchKey', 'The specified key does not exist.', details)
    : xmlRefusal(404, 'NoSuchBucket', 'The specified bucket does not exist.');
}
