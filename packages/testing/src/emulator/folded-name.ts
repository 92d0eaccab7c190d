/** A name in the list of a bucket, and whether it stands for all keys that begin with it. */
export interface ListedName {
  readonly name: string;
  readonly folded: boolean;
}

/** The key, or what comes before and with the first delimiter after the prefix. An empty delimiter folds nothing. */
export function foldedName(key: string, prefix: string, delimiter: string): ListedName {
  const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return end === -1
    ? { name: key, folded: false }
    : { name: key.slice(0, end + delimiter.length), folded: true };
}
