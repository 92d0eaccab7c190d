import { describe, it } from 'vitest';
import { quickProcess } from '../model/quick-process.js';
import { KINDS } from './mangled-exchanges.js';
import { expectSound } from './malformed-response-outcome.js';

quickProcess();

describe.each(KINDS)('$name', (kind) => {
  const { count } = kind;

  it(`a credential or a coded error from ${count} spoilt answers`, { timeout: 600_000 }, () =>
    expectSound(kind, count),
  );
});
