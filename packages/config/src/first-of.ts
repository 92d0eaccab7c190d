/** The first items of an iterable. The rest is not computed. */
export function* firstOf<T>(limit: number, all: Iterable<T>): Generator<T> {
  let left = limit;
  if (left === 0) return;
  for (const one of all) {
    yield one;
    left -= 1;
    if (left === 0) return;
  }
}
