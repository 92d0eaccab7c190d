import { describe, expect, it } from 'vitest';
import { apiSnapshots, committedSnapshot, committedSnapshots } from '../../scripts/api-snapshot.mjs';

const HOW = 'The public types changed. If that is meant: node scripts/api-snapshot.mjs --write';

describe('the public types', () => {
  const snapshots = apiSnapshots() as { name: string; text: string }[];

  it.each(snapshots)('$name is as committed', ({ name, text }) => {
    expect(text, 'an entry that exports nothing').not.toBe('');
    expect(text, HOW).toBe(committedSnapshot(name));
  });

  it('has no snapshot of an entry that is gone', () => {
    expect(committedSnapshots().sort()).toEqual(snapshots.map(({ name }) => name).sort());
  });
});
