/** `storage.googleapis.com`, as much of the JSON API as shows that a credential opens a bucket, or doesn't. */
import { decodedPart } from '../../request-content.js';
import type { Service, ServiceAnswer, ServiceRequest } from '../../service.js';
import { judgeBearer, type GcpParts, type Grant } from '../access-tokens.js';
import { assertMayInBucket, findBucket, storageCaller, type BucketCall, type Access } from './access.js';
import {
  storageFault,
  answering,
  noSuchPath,
  storageRefusal,
  StorageRefusal,
  type Notes,
} from '../google-errors.js';
import { principalName } from '../principal.js';
import type { Permission } from '../roles.js';
import { deleteObject, getBucket, getObject, listObjects } from './objects.js';
import { isSigned, signerOf } from './signed-url.js';
import { insertObject } from './upload.js';
import { inXml, objectPathOf, xmlMethodOf } from './xml-api.js';

interface Method extends Access {
  readonly verb: string;
  /** The bucket's name is the first group, the object's the second. */
  readonly path: RegExp;
  readonly run: (call: BucketCall) => ServiceAnswer;
}

const BUCKET = /^\/storage\/v1\/b\/([^/]+)$/;
const OBJECTS = /^\/storage\/v1\/b\/([^/]+)\/o$/;
const OBJECT = /^(?:\/download)?\/storage\/v1\/b\/([^/]+)\/o\/([^/]+)$/;
const UPLOAD = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/;

const METHODS: readonly Method[] = [
  { verb: 'GET', path: BUCKET, permission: 'storage.buckets.get', needs: 'read', run: getBucket },
  { verb: 'GET', path: OBJECTS, permission: 'storage.objects.list', needs: 'read', run: listObjects },
  { verb: 'GET', path: OBJECT, permission: 'storage.objects.get', needs: 'read', run: getObject },
  { verb: 'DELETE', path: OBJECT, permission: 'storage.objects.delete', needs: 'write', run: deleteObject },
  { verb: 'POST', path: UPLOAD, permission: 'storage.objects.create', needs: 'write', run: insertObject },
];

export function createStorageService(parts: GcpParts): Service {
  let lastGeneration = 0;
  const nextGeneration = (): string => {
    lastGeneration = Math.max(Math.floor(parts.runtime.clock.now()) * 1000, lastGeneration + 1);
    return String(lastGeneration);
  };
  return {
    name: 'gcp-storage',
    handle: (request) => {
      const notes: Notes = {};
      return answering(notes, () => {
        const task: Task = { request, parts, notes, nextGeneration };
        if (isSigned(request)) return handleSigned(task);
        try {
          return handle(task);
        } catch (error) {
          const media = request.query.get('alt') === 'media';
          throw media && error instanceof StorageRefusal ? error.inPlainText() : error;
        }
      });
    },
    faultAnswer: storageFault,
  };
}

interface Task extends Pick<BucketCall, 'request' | 'notes' | 'nextGeneration'> {
  readonly parts: GcpParts;
}

function callOf(
  { parts, ...task }: Task,
  bucketName: string,
  objectName: string,
  caller: Pick<Grant, 'principal'>,
): BucketCall {
  const bucket = findBucket(parts.directory, bucketName);
  const assertMay = (permission: Permission): void => assertMayInBucket(bucket, caller, permission);
  return { ...task, bucket, objectName, now: parts.runtime.clock.now(), assertMay };
}

/** They would change what a request reads or writes, so none is passed over. A `false` asks for nothing. */
const NOT_EMULATED =
  'startOffset endOffset matchGlob filter versions softDeleted includeTrailingDelimiter kmsKeyName'.split(
    ' ',
  );
const NOT_EMULATED_HEADERS = /^x-goog-(?:encryption-.*|content-length-range)$/;

function refuseNotEmulated({ query, headers }: ServiceRequest): void {
  const name =
    NOT_EMULATED.find((one) => !/^(?:false)?$/i.test(query.get(one) ?? '')) ??
    Object.keys(headers).find((one) => NOT_EMULATED_HEADERS.test(one));
  if (name !== undefined) throw storageRefusal(501, 'notImplemented', `The emulator does not know ${name}.`);
}

function handle(task: Task): ServiceAnswer {
  const { request, parts, notes } = task;
  const method = METHODS.find(({ verb, path }) => verb === request.method && path.test(request.path));
  if (method === undefined) throw noSuchPath(request.path);
  const [, ...names] = method.path.exec(request.path) ?? [];
  const [bucketName, objectName] = [decodedPart(names[0] ?? ''), decodedPart(names[1] ?? '')];
  if (bucketName === undefined || objectName === undefined)
    throw storageRefusal(400, 'invalid', 'Invalid path.');
  // The API's name of the method that the permission to create belongs to.
  notes['action'] = method.permission.replace('create', 'insert');
  notes['bucket'] = bucketName;
  if (objectName !== '') notes['object'] = objectName;
  const quotaProject = request.headers['x-goog-user-project'] ?? request.query.get('userProject');
  if (quotaProject !== null) notes['quotaProject'] = quotaProject;

  const grant = storageCaller(judgeBearer(request, parts), method);
  notes['principal'] = principalName(grant.principal);
  notes['scopes'] = grant.scopes.join(' ');
  refuseNotEmulated(request);
  return method.run(callOf(task, bucketName, objectName, grant));
}

/** A request by signed URL: the service account that signed it is the caller, and nothing else authenticates it. */
async function handleSigned(task: Task): Promise<ServiceAnswer> {
  const { request, parts, notes } = task;
  const path = objectPathOf(request);
  if (path === undefined) throw noSuchPath(request.path);
  const { bucketName, objectName } = path;
  const { permission, run } = xmlMethodOf(request);
  notes['action'] = permission.replace('create', 'insert');
  notes['bucket'] = bucketName;
  notes['object'] = objectName;
  notes['signed'] = 'true';
  const principal = await signerOf(request, parts);
  notes['principal'] = principalName(principal);
  try {
    return run(callOf(task, bucketName, objectName, { principal }));
  } catch (error) {
    throw error instanceof StorageRefusal ? inXml(error) : error;
  }
}
