/** Which of the known names was meant. */

/** A name at most two edits away (one for short names), as ` Did you mean …?`; empty where none is near. */
export function didYouMean(given: string, known: readonly string[]): string {
  if (given.length > 64) return '';
  const [best] = known
    .map((name) => ({ name, distance: distance(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance: far }) => far <= Math.max(1, Math.min(2, Math.floor(name.length / 3))))
    .sort((one, other) => one.distance - other.distance);
  return best === undefined ? '' : ` Did you mean \`${best.name}\`?`;
}

/** Edits (a letter more, less, another, or two swapped) between two words. */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      let least = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        least = Math.min(least, at(before, j - 2) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return at(row, other.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
