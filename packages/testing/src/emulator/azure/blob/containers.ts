/** Create, Get Properties of, Delete and List the Blobs of a container. */
import { checkWrite } from './conditions.js';
import { containerOf, httpDateOf } from './context.js';
import type { BlobContext, BlobOutcome } from './context.js';
import { blobRefusals } from './refusal.js';
import { isContainerName, newContainer } from './storage-accounts.js';
import type { Container, StoredBlob } from './storage-accounts.js';
import { xmlText } from './xml-text.js';

export function createContainer({ runtime, account, target }: BlobContext): BlobOutcome {
  if (!isContainerName(target.container)) throw blobRefusals.resourceName();
  if (account.containers.has(target.container)) throw blobRefusals.containerExists();
  const container = newContainer(runtime);
  account.containers.set(target.container, container);
  return { status: 201, headers: headersOf(container) };
}

export function getContainer(context: BlobContext): BlobOutcome {
  const state = {
    'x-ms-lease-state': 'available',
    'x-ms-lease-status': 'unlocked',
    'x-ms-has-immutability-policy': 'false',
    'x-ms-has-legal-hold': 'false',
  };
  return { status: 200, headers: { ...headersOf(containerOf(context)), ...state } };
}

export function deleteContainer(context: BlobContext): BlobOutcome {
  checkWrite(context.request.headers, containerOf(context));
  context.account.containers.delete(context.target.container);
  return { status: 202 };
}

const headersOf = ({ etag, modified }: Container): Record<string, string> => ({
  etag,
  'last-modified': httpDateOf(modified),
});

const MOST = 5000;

/** Names in the order of their code units; with a delimiter, one BlobPrefix for all that share a beginning. */
export function listBlobs(context: BlobContext): BlobOutcome {
  const { query } = context.request;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const marker = query.get('marker') ?? '';
  const asked = query.get('maxresults') ?? String(MOST);
  if (!/^[1-9]\d{0,9}$/.test(asked)) throw blobRefusals.query('maxresults', asked);
  const from = Buffer.from(marker, 'base64url').toString();
  if (Buffer.from(from).toString('base64url') !== marker) throw blobRefusals.query('marker', marker);

  const entries = new Map<string, string>();
  for (const [name, blob] of [...containerOf(context).blobs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!name.startsWith(prefix)) continue;
    const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    const shown = end === -1 ? name : name.slice(0, end + delimiter.length);
    if (shown < from || entries.has(shown)) continue;
    const named = `<Name>${xmlText(shown)}</Name>`;
    entries.set(
      shown,
      end === -1 ? `<Blob>${named}${propertiesOf(blob)}</Blob>` : `<BlobPrefix>${named}</BlobPrefix>`,
    );
  }
  const size = Math.min(Number(asked), MOST);
  const page = [...entries.values()].slice(0, size);
  const next = [...entries.keys()][size];
  const nextMarker = next === undefined ? '' : Buffer.from(next).toString('base64url');
  const endpoint = `https://${context.account.name}.blob.core.windows.net/`;
  const body = [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<EnumerationResults ServiceEndpoint="${endpoint}" ContainerName="${context.target.container}">`,
    `<Prefix>${xmlText(prefix)}</Prefix><Marker>${marker}</Marker><MaxResults>${asked}</MaxResults>`,
    delimiter === '' ? '' : `<Delimiter>${xmlText(delimiter)}</Delimiter>`,
    `<Blobs>${page.join('')}</Blobs><NextMarker>${nextMarker}</NextMarker></EnumerationResults>`,
  ].join('');
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

function propertiesOf(blob: StoredBlob): string {
  const properties = {
    'Creation-Time': httpDateOf(blob.created),
    'Last-Modified': httpDateOf(blob.modified),
    Etag: blob.etag.replaceAll('"', ''),
    'Content-Length': String(blob.content.byteLength),
    'Content-Type': blob.properties['content-type'] ?? '',
    'Content-MD5': blob.md5,
    BlobType: 'BlockBlob',
    AccessTier: 'Hot',
    AccessTierInferred: 'true',
    LeaseStatus: 'unlocked',
    LeaseState: 'available',
    ServerEncrypted: 'true',
  };
  const elements = Object.entries(properties).map(([name, value]) => `<${name}>${xmlText(value)}</${name}>`);
  return `<Properties>${elements.join('')}</Properties><OrMetadata />`;
}
