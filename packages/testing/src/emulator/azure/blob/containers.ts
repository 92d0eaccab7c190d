/** Create, Get Properties of, Delete and List the Blobs of a container. */
import { checkDates } from './conditions.js';
import { containerOf, metadataOf, type BlobContext, type BlobOutcome } from './context.js';
import { foldedName, type ListedName } from '../../folded-name.js';
import { httpDate } from '../../runtime.js';
import { compactXml, type XmlElements } from '../../xml.js';
import { badQuery, blobRefusal, PROLOGUE } from './refusal.js';
import { isContainerName, newContainer, type Container, type StoredBlob } from './storage-accounts.js';

export function createContainer({ runtime, request, account, target }: BlobContext): BlobOutcome {
  const { length } = target.container;
  if (length < 3 || length > 63) throw blobRefusal('OutOfRangeInput');
  if (!isContainerName(target.container)) throw blobRefusal('InvalidResourceName');
  if (account.containers.has(target.container)) throw blobRefusal('ContainerAlreadyExists');
  metadataOf(request);
  // What accounts of today are created with: no anonymous access.
  if (request.headers['x-ms-blob-public-access'] !== undefined) throw blobRefusal('PublicAccessNotPermitted');
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
  // ETags are ignored by the service, says its client.
  checkDates(context.request.headers, containerOf(context));
  context.account.containers.delete(context.target.container);
  return { status: 202 };
}

const headersOf = ({ etag, modified }: Container): Record<string, string> => ({
  etag,
  'last-modified': httpDate(modified),
});

const MOST = 5000;

/** Names in the order of their code units; with a delimiter, one BlobPrefix for all that share a beginning. */
export function listBlobs(context: BlobContext): BlobOutcome {
  const { query } = context.request;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const marker = query.get('marker') ?? '';
  const asked = query.get('maxresults') ?? String(MOST);
  if (!/^[1-9]\d{0,9}$/.test(asked)) throw badQuery('maxresults', asked);
  const from = Buffer.from(marker, 'base64url').toString();
  if (Buffer.from(from).toString('base64url') !== marker) throw badQuery('marker', marker);

  const { blobs } = containerOf(context);
  const entries = new Map<string, ListedName>();
  for (const key of [...blobs.keys()].sort()) {
    const entry = foldedName(key, prefix, delimiter);
    if (key.startsWith(prefix) && entry.name >= from && !entries.has(entry.name))
      entries.set(entry.name, entry);
  }
  const size = Math.min(Number(asked), MOST);
  const page = [...entries.values()].slice(0, size);
  const next = [...entries.keys()][size];
  const blobOf = (name: string, blob: StoredBlob | undefined) =>
    blob === undefined ? undefined : { Name: name, Properties: propertiesOf(blob), OrMetadata: '' };
  const list = {
    Prefix: prefix,
    Marker: marker,
    MaxResults: asked,
    Delimiter: delimiter === '' ? undefined : delimiter,
    Blobs: {
      Blob: page.map(({ name }) => blobOf(name, blobs.get(name))),
      BlobPrefix: page.map(({ name, folded }) => (folded ? { Name: name } : undefined)),
    },
    NextMarker: next === undefined ? '' : Buffer.from(next).toString('base64url'),
  };
  const endpoint = `https://${context.account.name}.blob.core.windows.net/`;
  const attributes = ` ServiceEndpoint="${endpoint}" ContainerName="${context.target.container}"`;
  const body = PROLOGUE + compactXml({ EnumerationResults: list }, attributes);
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

const propertiesOf = (blob: StoredBlob): XmlElements => ({
  'Creation-Time': httpDate(blob.created),
  'Last-Modified': httpDate(blob.modified),
  Etag: blob.etag.replaceAll('"', ''),
  'Content-Length': blob.content.byteLength,
  'Content-Type': blob.properties['content-type'] ?? '',
  'Content-MD5': blob.md5,
  BlobType: 'BlockBlob',
  AccessTier: 'Hot',
  AccessTierInferred: true,
  LeaseStatus: 'unlocked',
  LeaseState: 'available',
  ServerEncrypted: true,
});
