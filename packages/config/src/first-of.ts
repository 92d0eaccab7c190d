/** The first of what may be very many; the rest is not worked out. */
export function* firstOf<T>(most: number, all: Iterable<T>): Generator<T> {
  let left = most;
  if (left === 0) return;
  for (const one of all) {
    yield one;
    left -= 1;
    if (left === 0) return;
  }
}
