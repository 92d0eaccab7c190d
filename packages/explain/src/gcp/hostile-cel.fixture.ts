/** Expressions, each within Google's own limits of length, that would be evaluated for minutes to years. */

const list = (length: number): string => `[${Array.from({ length }, () => '1').join()}]`;
const nested = (depth: number): string =>
  depth === 0 ? 'true' : `${list(90)}.all(x${depth}, ${nested(depth - 1)})`;
const doubled = (text: string, times: number): string => text + `.replace('a', 'aaaaaaaaaa')`.repeat(times);

export const HOSTILE_CEL: Readonly<Record<string, string>> = {
  'macros in each other': nested(5),
  'macros in the keys of a map': `{ ${nested(3)}: 1 }.size() == 1`,
  'macros in the keys of a map in a macro': `[1].all(a, { [1].all(b, ${nested(2)}): 1 }.size() == 1)`,
  'two macros over long claims': 'assertion.groups.all(a, assertion.groups.all(b, true))',
  'two macros without a function': 'assertion.groups.exists_one(a, assertion.groups.exists_one(b, false))',
  'a macro over each letter': `assertion.sub.split('').all(a, assertion.sub.split('').all(b, a == b))`,
  'a text that is multiplied': doubled('assertion.sub', 12),
  'a text that is multiplied in a mapping': `${doubled("'a'", 9)} != ''`,
  'one replacement by a long text': 'assertion.sub.replace("a", assertion.sub) != ""',
  'a text that doubles in a macro': `assertion.groups.map(a, assertion.sub + assertion.sub + assertion.sub).size() > 0`,
  'joined texts': 'assertion.groups.map(a, assertion.sub).join() != ""',
  'joined texts with a long separator': 'assertion.groups.join(assertion.sub) != ""',
  'a format of many places': `'${'%s'.repeat(1_000)}'.format([${'assertion.sub,'.repeat(100)} 1]) != ''`,
  'a pattern over a long text in a macro': `assertion.groups.all(a, !assertion.sub.matches('^(a?){100}a{100}$'))`,
  'long lists compared in a macro': 'assertion.groups.all(a, assertion.groups == assertion.groups)',
  'a search in a long list in a macro': `assertion.groups.all(a, 'none' in assertion.groups || true)`,
  'lists in lists': 'assertion.groups.map(a, assertion.groups + assertion.groups).size() > 0',
  'brackets that are not closed': '['.repeat(2_000),
  'parentheses that are closed': `${'('.repeat(1_900)}1${')'.repeat(1_900)}`,
  'braces that are not closed': '{1:'.repeat(1_000),
};
