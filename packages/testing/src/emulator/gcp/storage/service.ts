/** `storage.googleapis.com`, as much of the JSON API as shows that a credential opens a bucket, or doesn't. */
import type { Service, ServiceAnswer, ServiceRequest, EmulatorRuntime } from '../../service.js';
import type { AccessTokens } from '../access-tokens.js';
import { judgeBearer } from '../bearer.js';
import type { BucketCall } from './bucket-call.js';
import type { Directory } from '../directory.js';
import { storageFault } from '../fault-responses.js';
import { answering, noSuchPath, storageRefusal, StorageRefusal, type Notes } from '../google-errors.js';
import { principalName } from '../principal.js';
import { assertMayInBucket, findBucket, storageCaller, type Access } from './access.js';
import { deleteObject, getBucket, getObject, listObjects } from './objects.js';
import { insertObject } from './upload.js';

interface Parts {
  readonly runtime: EmulatorRuntime;
  readonly tokens: AccessTokens;
  readonly directory: Directory;
}

interface Method extends Access {
  readonly action: string;
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
  {
    action: 'storage.buckets.get',
    verb: 'GET',
    path: BUCKET,
    needs: 'read',
    permission: 'storage.buckets.get',
    run: getBucket,
  },
  {
    action: 'storage.objects.list',
    verb: 'GET',
    path: OBJECTS,
    needs: 'read',
    permission: 'storage.objects.list',
    run: listObjects,
  },
  {
    action: 'storage.objects.get',
    verb: 'GET',
    path: OBJECT,
    needs: 'read',
    permission: 'storage.objects.get',
    run: getObject,
  },
  {
    action: 'storage.objects.delete',
    verb: 'DELETE',
    path: OBJECT,
    needs: 'write',
    permission: 'storage.objects.delete',
    run: deleteObject,
  },
  {
    action: 'storage.objects.insert',
    verb: 'POST',
    path: UPLOAD,
    needs: 'write',
    permission: 'storage.objects.create',
    run: insertObject,
  },
];

export function createStorageService(parts: Parts): Service {
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
        try {
          return handle(request, parts, notes, nextGeneration);
        } catch (error) {
          const media = request.query.get('alt') === 'media';
          throw media && error instanceof StorageRefusal ? error.inPlainText() : error;
        }
      });
    },
    faultAnswer: storageFault,
  };
}

function handle(
  request: ServiceRequest,
  parts: Parts,
  notes: Notes,
  nextGeneration: () => string,
): ServiceAnswer {
  const method = METHODS.find(({ verb, path }) => verb === request.method && path.test(request.path));
  if (method === undefined) throw noSuchPath(request.path);
  const [, bucketName = '', objectName = ''] = method.path.exec(request.path) ?? [];
  notes['action'] = method.action;
  notes['bucket'] = decoded(bucketName);
  if (objectName !== '') notes['object'] = decoded(objectName);
  const quotaProject = request.headers['x-goog-user-project'] ?? request.query.get('userProject');
  if (quotaProject !== null) notes['quotaProject'] = quotaProject;

  const grant = storageCaller(judgeBearer(request, parts), method);
  notes['principal'] = principalName(grant.principal);
  notes['scopes'] = grant.scopes.join(' ');
  const bucket = findBucket(parts.directory, decoded(bucketName));
  return method.run({
    request,
    bucket,
    objectName: decoded(objectName),
    now: parts.runtime.clock.now(),
    notes,
    nextGeneration,
    assertMay: (permission) => assertMayInBucket(bucket, grant, permission),
  });
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw storageRefusal(400, 'invalid', 'Invalid path.');
  }
}
