import { afterAll, describe, it } from 'vitest';
import { quickProcess } from '../model/quick-process.js';
import { KINDS } from './mangled-exchanges.js';
import { expectSound } from './malformed-response-outcome.js';

afterAll(quickProcess());

/** The beginning of the proof's seeds. */
const SHARE = 50;

describe.each(KINDS)('$name', (kind) => {
  const count = kind.count / SHARE;

  it(`a credential or a coded error from ${count} spoilt answers`, { timeout: 120_000 }, () =>
    expectSound(kind, count),
  );
});
