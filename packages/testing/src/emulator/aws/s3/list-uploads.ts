import type { Bucket, MultipartUpload } from './buckets.js';
import { invalidArgument, notImplemented } from './responses.js';
import { encodingOf, inBytes, LIST_PARAMETERS } from './list.js';
import { listNumber, uploadElements } from './multipart.js';
import { foldedName } from '../../folded-name.js';
import type { XmlElements } from '../../xml.js';

const PARAMETERS = [...LIST_PARAMETERS, 'uploads', 'key-marker', 'max-uploads', 'upload-id-marker'];

/** An upload, or what a delimiter folds keys into. */
type Entry = { readonly prefix: string } | { readonly upload: MultipartUpload };

/** ListMultipartUploads. */
export function listUploads(bucket: Bucket, query: URLSearchParams): XmlElements {
  const stray = [...query.keys()].find((name) => !PARAMETERS.includes(name));
  if (stray !== undefined) notImplemented(stray);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  // Without a key it says nothing.
  const idMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '');
  const limit = listNumber(query, 'max-uploads', 1000, 1000);
  const encode = encodingOf(query.get('encoding-type'));

  const rest = folded(after(bucket, keyMarker, idMarker), prefix, delimiter, keyMarker);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const next = last !== undefined && 'upload' in last ? last.upload : undefined;
  return {
    ListMultipartUploadsResult: {
      Bucket: bucket.name,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: idMarker,
      NextKeyMarker: encode(next?.key ?? ''),
      NextUploadIdMarker: next?.id ?? '',
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      Prefix: prefix === '' ? undefined : encode(prefix),
      EncodingType: query.has('encoding-type') ? 'url' : undefined,
      MaxUploads: limit,
      IsTruncated: rest.length > page.length,
      Upload: page.map((entry) =>
        'prefix' in entry
          ? undefined
          : {
              Key: encode(entry.upload.key),
              UploadId: entry.upload.id,
              Initiated: new Date(entry.upload.initiated).toISOString(),
              ...uploadElements(bucket, entry.upload),
            },
      ),
      CommonPrefixes: page.map((entry) => ('prefix' in entry ? { Prefix: encode(entry.prefix) } : undefined)),
    },
  };
}

/** In the order of keys, of one key in the order in which they began; what comes after the markers. */
function after(bucket: Bucket, keyMarker: string, idMarker: string): readonly MultipartUpload[] {
  // The sort keeps the order of what is equal.
  const sorted = [...bucket.uploads.values()].sort((a, b) => inBytes(a.key, b.key));
  if (idMarker === '') return sorted.filter(({ key }) => keyMarker === '' || inBytes(key, keyMarker) > 0);
  const marked = sorted.findIndex(({ id, key }) => id === idMarker && key === keyMarker);
  if (marked !== -1) return sorted.slice(marked + 1);
  return invalidArgument('upload-id-marker', idMarker, 'Invalid uploadId marker');
}

function folded(
  uploads: readonly MultipartUpload[],
  prefix: string,
  delimiter: string,
  keyMarker: string,
): readonly Entry[] {
  const entries: Entry[] = [];
  const seen = new Set<string>();
  for (const upload of uploads.filter(({ key }) => key.startsWith(prefix))) {
    const { name, folded: isFolded } = foldedName(upload.key, prefix, delimiter);
    if (!isFolded) entries.push({ upload });
    // A page that ended inside of what is folded goes on behind all of it.
    else if (!seen.has(name) && inBytes(name, keyMarker) > 0) entries.push({ prefix: name });
    seen.add(name);
  }
  return entries;
}
