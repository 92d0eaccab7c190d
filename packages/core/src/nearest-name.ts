/** Which of the known names was meant. */

/** ` Did you mean …?` with a name at most two edits away (one for names under six letters); empty if none is near. */
export function didYouMean(given: string, known: readonly string[]): string {
  if (given.length > 64) return '';
  for (let edits = 0; edits <= 2; edits += 1)
    for (const name of known)
      if (
        edits < name.length &&
        edits <= Math.max(1, name.length / 3) &&
        isWithin(edits, given.toLowerCase(), name.toLowerCase())
      )
        return ` Did you mean \`${name}\`?`;
  return '';
}

/** Whether so many edits (a letter more, less, another, or two swapped) make one word of the other. */
function isWithin(edits: number, one: string, other: string): boolean {
  if (one === other) return true;
  if (edits === 0) return false;
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const after = (skipped: number, skippedOther: number): boolean =>
    isWithin(edits - 1, one.slice(same + skipped), other.slice(same + skippedOther));
  return (
    after(1, 1) ||
    after(1, 0) ||
    after(0, 1) ||
    (one[same] === other[same + 1] && one[same + 1] === other[same] && after(2, 2))
  );
}
