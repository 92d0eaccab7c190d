import { describe, expect, it } from 'vitest';
import { CelLimitError, parseCel, planCel, withCelBudget } from './bounded-cel.js';
import { HOSTILE_CEL } from './hostile-cel.fixture.js';

const LIST = Array.from({ length: 4_000 }, (_, at) => `g${at}`);
const bindings = { assertion: { sub: 'a'.repeat(8_000), groups: LIST, ok: 'yes' } };

function outcome(source: string): unknown {
  try {
    const program = planCel(parseCel(source).expr);
    return withCelBudget(() => program(bindings));
  } catch (error) {
    if (error instanceof CelLimitError) return error.kind;
    return error instanceof Error && error.message.includes('64 brackets') ? 'brackets' : error;
  }
}

describe('what would take long is refused', () => {
  it.each(Object.entries(HOSTILE_CEL))('%s', (_name, source) => {
    expect(['depth', 'cost', 'brackets']).toContain(outcome(source));
  });

  it('also where an operator passes over the error', () => {
    expect(outcome(`true || (${HOSTILE_CEL['two macros over long claims']})`)).toBe(true);
    expect(outcome(`(${HOSTILE_CEL['two macros over long claims']}) || true`)).toBe('cost');
  });
});

describe('what people write is evaluated', () => {
  it.each([
    [`assertion.sub.startsWith('a') && assertion.ok == 'yes'`, true],
    [`assertion.groups.exists(g, g == 'g3999')`, true],
    [`assertion.groups.all(g, g.startsWith('g'))`, true],
    [`assertion.groups.filter(g, g.endsWith('9')).size() == 400`, true],
    [`['x', 'y'].map(a, ['z'].map(b, a + b)).size() == 2`, true],
    [`assertion.ok.replace('y', 'Y').lowerAscii() == 'yes'`, true],
    [`'%s-%s'.format([assertion.ok, 'b']) == 'yes-b'`, true],
    [`assertion.ok.matches('^y.*s$')`, true],
    [`assertion.ok.extract('{first}es') == 'y'`, true],
    [`matches(assertion.ok, '^y.*s$')`, true],
    [`matches(assertion.ok, '(')`, undefined],
    ['assertion.ok == "yes" // the usual value\n && true // and more', true],
    [`assertion.ok + '//' != "yes" && r'\\' != '//' && '\\'//' != ''`, true],
    [`{'yes': 1}[assertion.ok] == 1`, true],
    [`has(assertion.none) || assertion.ok in ['no', 'yes']`, true],
  ])('%s', (source, value) => {
    const found = outcome(source);
    expect(found instanceof Error ? undefined : found).toBe(value);
  });

  it('an error of CEL is a value, as before', () => {
    expect(outcome('assertion.none == 1')).not.toBe(true);
    expect(outcome('assertion.none == 1')).toBeInstanceOf(Error);
  });
});

it.each([
  ['projects/p1/buckets/b', 'projects/{id}/', 'p1'],
  ['projects/p1', 'projects/{id}', 'p1'],
  ['p1/x', '{id}/', 'p1'],
  ['projects/p1', 'folders/{id}', ''],
  ['projects/p1', 'projects/{id}/', ''],
  ['a', 'b', undefined],
])('of %j, extract(%j) gives %j', (text, template, found) => {
  const value = outcome(`'${text}'.extract('${template}')`);
  expect(typeof value === 'string' ? value : undefined).toBe(found);
});
