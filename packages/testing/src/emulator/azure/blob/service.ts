/** The service 'azure-blob': the Blob calls that show whether a token opens a storage account. */
import type { Service, ServiceAnswer, ServiceRequest, EmulatorRuntime } from '../../service.js';
import { createContainer, deleteContainer, getContainer, listBlobs } from './containers.js';
import { targetOf, type BlobContext, type BlobOutcome, type BlobTarget } from './context.js';
import { authenticateRequest, authorizeRequest, type BlobPermission } from './guard.js';
import { readBlob, deleteBlob, putBlob, putBlock, putBlockList } from './write.js';
import {
  badQuery,
  blobRefusal,
  notEmulated,
  refusalAnswer,
  standardHeaders,
  StorageRefusal,
} from './refusal.js';
import type { StorageAccounts } from './storage-accounts.js';
import type { Entra } from '../entra/token-endpoint.js';

interface Operation {
  readonly name: string;
  readonly needs: BlobPermission;
  run(context: BlobContext): BlobOutcome;
}

/** By level, method and `comp`. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'container PUT': { name: 'CreateContainer', needs: 'write', run: createContainer },
  'container GET': { name: 'GetContainerProperties', needs: 'read', run: getContainer },
  'container HEAD': { name: 'GetContainerProperties', needs: 'read', run: getContainer },
  'container DELETE': { name: 'DeleteContainer', needs: 'delete', run: deleteContainer },
  'container GET list': { name: 'ListBlobs', needs: 'read', run: listBlobs },
  'blob PUT': { name: 'PutBlob', needs: 'write', run: putBlob },
  'blob PUT block': { name: 'PutBlock', needs: 'write', run: putBlock },
  'blob PUT blocklist': { name: 'PutBlockList', needs: 'write', run: putBlockList },
  'blob GET': { name: 'GetBlob', needs: 'read', run: readBlob },
  'blob HEAD': { name: 'GetBlobProperties', needs: 'read', run: readBlob },
  'blob DELETE': { name: 'DeleteBlob', needs: 'delete', run: deleteBlob },
};

export function createBlobService(entra: Entra, accounts: StorageAccounts): Service {
  const { runtime } = entra;
  return {
    name: 'azure-blob',
    async handle(request) {
      const notes: Record<string, string> = {};
      try {
        const { status, headers, body } = await perform(entra, accounts, request, notes);
        const log = { ...notes, verdict: 'allowed' };
        return { status, headers: { ...standardHeaders(runtime, request), ...headers }, body, log };
      } catch (error) {
        if (error instanceof StorageRefusal) return refusalAnswer(runtime, request, error, notes);
        throw error;
      }
    },
    faultAnswer: (kind, request, status) => faultAnswer(runtime, request, kind === 'throttle' ? 429 : status),
  };
}

async function perform(
  entra: Entra,
  accounts: StorageAccounts,
  request: ServiceRequest,
  notes: Record<string, string>,
): Promise<BlobOutcome> {
  const target = targetOf(request);
  notes['account'] = target.account;
  notes['container'] = target.container;
  const account = accounts.get(target.account);
  // In Azure the account's name is missing in DNS, so no server answers.
  if (account === undefined) throw blobRefusal('ResourceNotFound');
  const claims = await authenticateRequest(entra, account, request);
  notes['client'] = String(claims['appid']);
  const operation = operationOf(request, target);
  notes['operation'] = operation.name;
  authorizeRequest(account, claims, target.container, operation.needs);
  checkRequest(request, target);
  return operation.run({ runtime: entra.runtime, request, account, target });
}

/** They would change what a request reads or writes, so none is passed over. */
const NOT_EMULATED =
  /^x-ms-(?:copy-source.*|source-.*|tags|if-tags|access-tier|encryption-.*|default-encryption-scope|immutability-policy-.*|legal-hold|expiry-.*|(?:blob-)?content-crc64|range-get-content-crc64|structured-.*|delete-snapshots)$/;
/** What asks for nothing else than is done. */
const USUAL: Readonly<Record<string, string>> = {
  'x-ms-access-tier': 'Hot',
  'x-ms-delete-snapshots': 'include',
};

function checkRequest({ method, headers, query }: ServiceRequest, { blob }: BlobTarget): void {
  const strange =
    Object.keys(headers).find((name) => NOT_EMULATED.test(name) && headers[name] !== USUAL[name]) ??
    ['snapshot', 'versionid', 'deletetype'].find((name) => query.has(name));
  if (strange !== undefined) throw notEmulated(strange);
  if (method === 'PUT' && headers['transfer-encoding'] !== undefined)
    throw blobRefusal('MissingContentLengthHeader');
  if (blob.length > 1024) throw blobRefusal('OutOfRangeInput');
  if (headers['x-ms-lease-id'] === undefined) return;
  throw blobRefusal(
    blob === '' ? 'LeaseNotPresentWithContainerOperation' : 'LeaseNotPresentWithBlobOperation',
  );
}

function operationOf(request: ServiceRequest, target: BlobTarget): Operation {
  const restype = request.query.get('restype');
  const comp = request.query.get('comp');
  const level = target.container === '' ? 'account' : target.blob === '' ? 'container' : 'blob';
  if ((level === 'container') !== (restype === 'container')) {
    if (restype !== null) throw badQuery('restype', restype);
    // A name without a container is a blob of the root container, which the emulator doesn't have.
    if (level !== 'account') throw blobRefusal('ResourceNotFound');
  }
  const key = [level, request.method, ...(comp === null ? [] : [comp])].join(' ');
  const operation = OPERATIONS[key];
  if (operation === undefined || !Object.hasOwn(OPERATIONS, key)) throw notEmulated(key);
  return operation;
}

/** Storage throttles with 503 as well: "Operations per second is over the account limit." */
function faultAnswer(runtime: EmulatorRuntime, request: ServiceRequest, status = 503): ServiceAnswer {
  const [code, message] = faultWords(status);
  return refusalAnswer(
    runtime,
    request,
    new StorageRefusal(status === 429 ? 503 : status, code, message),
    {},
  );
}

function faultWords(status: number): readonly [code: string, message: string] {
  if (status === 429) return ['ServerBusy', 'Operations per second is over the account limit.'];
  if (status === 503) return ['ServerBusy', 'The server is busy.'];
  if (status >= 500)
    return ['InternalError', 'The server encountered an internal error. Please retry the request.'];
  return status === 403
    ? ['AuthorizationFailure', 'This request is not authorized to perform this operation.']
    : ['InvalidInput', 'One of the request inputs is not valid.'];
}
