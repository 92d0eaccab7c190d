/** Which account, container and blob a request is for. */
import { decodedPart } from '../../request-content.js';
import type { ServiceRequest } from '../../service.js';
import { blobRefusal } from './refusal.js';

export interface BlobTarget {
  readonly account: string;
  /** Empty where the account itself is meant. */
  readonly container: string;
  /** Empty where the container itself is meant; may hold slashes. */
  readonly blob: string;
}

/** `https://{account}.blob.core.windows.net/{container}/{blob}`, or with the account as the first path segment. */
export function targetOf(request: ServiceRequest): BlobTarget {
  const [, named] = /^([a-z0-9]{3,24})(?:-secondary)?\.blob\./.exec(request.host.toLowerCase()) ?? [];
  const segments = request.path
    .split('/')
    .slice(1)
    .map((part) => {
      const decoded = decodedPart(part);
      if (decoded === undefined) throw blobRefusal('InvalidUri');
      return decoded;
    });
  const [account = '', container = '', ...blob] = named === undefined ? segments : [named, ...segments];
  return { account, container, blob: blob.join('/') };
}
