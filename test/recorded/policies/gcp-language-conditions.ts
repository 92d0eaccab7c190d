/** What CEL and its strings extension do, on the claims of Vercel. */

import type { GcpCase } from './gcp-cases.js';
import { FALSE, when } from './gcp-condition-case.js';

const GITHUB_COM = 'https://github.com';
const CEL = `${GITHUB_COM}/google/cel-spec/blob/master`;
const LANGUAGE = `${CEL}/doc/langdef.md`;
const testsOf = (name: string): string => `${CEL}/tests/simple/testdata/${name}.textproto`;
const [STRING, LISTS, LOGIC] = [testsOf('string'), testsOf('lists'), testsOf('logic')];
const [FIELDS, MACROS, COMPARISONS] = [testsOf('fields'), testsOf('macros'), testsOf('comparisons')];
const STRING_EXTENSION = testsOf('string_ext');
const EXTENSIONS = `${GITHUB_COM}/google/cel-go/blob/master/ext/README.md`;

/** The language as its authors recorded it, on the claims of Vercel. */
export const LANGUAGE_CONDITIONS: readonly GcpCase[] = [
  when('startsWith', STRING, "assertion.sub.startsWith('owner:acme:')", 'allowed'),
  when('startsWith a later part', STRING, "assertion.sub.startsWith('project:shop')", 'refused', [
    'pattern_differs',
    FALSE,
  ]),
  when('startsWith another team', STRING, "assertion.sub.startsWith('owner:globex:')", 'refused', [
    'team_differs',
    FALSE,
  ]),
  when('startsWith nothing', STRING, "assertion.sub.startsWith('')", 'allowed'),
  when('endsWith', STRING, "assertion.sub.endsWith(':production')", 'allowed'),
  when('endsWith another environment', STRING, "assertion.sub.endsWith(':preview')", 'refused', [
    'environment_differs',
    FALSE,
  ]),
  when('contains', STRING, "assertion.sub.contains(':project:shop:')", 'allowed'),
  when('contains another project', STRING, "assertion.sub.contains(':project:blog:')", 'refused', [
    'project_differs',
    FALSE,
  ]),
  when('matches a part of a text', LANGUAGE, "assertion.sub.matches('project:sho')", 'allowed'),
  when(
    'matches from end to end with anchors',
    LANGUAGE,
    "assertion.sub.matches('^project:shop$')",
    'refused',
    ['pattern_differs', FALSE],
  ),
  when(
    'matches as a function',
    LANGUAGE,
    "matches(assertion.sub, 'environment:(production|preview)$')",
    'allowed',
  ),
  when('matches one of two', STRING, "assertion.environment.matches('^(preview|development)$')", 'refused', [
    'environment_differs',
    FALSE,
  ]),
  when('matches knows no lookahead', LANGUAGE, "assertion.sub.matches('(?=owner)')", 'refused', [
    'cel_error',
  ]),
  when('size', STRING, 'size(assertion.environment) == 10', 'allowed'),
  when(
    '+',
    STRING,
    "'owner:' + assertion.owner + ':' + assertion.environment == 'owner:acme:preview'",
    'refused',
    ['value_differs', FALSE],
  ),
  when('false && an error', LOGIC, "assertion.project == 'blog' && assertion.none == 'x'", 'refused', [
    'project_differs',
    FALSE,
    'no_such_claim',
  ]),
  when('an error || true', LOGIC, "assertion.none == 'x' || assertion.project == 'shop'", 'allowed'),
  when(
    'an error || false',
    FIELDS,
    "assertion.none == 'x' || assertion.environment == 'preview'",
    'refused',
    ['environment_differs', 'no_such_claim'],
  ),
  when('a text || true', LOGIC, 'assertion.project || true', 'allowed'),
  when(
    'a text || false',
    LOGIC,
    'assertion.project || false',
    'refused',
    ['condition_not_boolean', 'value_differs'],
    { isUnverified: true },
  ),
  when('! of a text', LOGIC, '!assertion.project', 'refused', ['type_differs']),
  when(
    '? :',
    LOGIC,
    "assertion.environment == 'production' ? assertion.project == 'shop' : false",
    'allowed',
  ),
  when('a text before ?', LOGIC, 'assertion.project ? true : false', 'refused', ['condition_not_boolean']),
  when('has', LANGUAGE, 'has(assertion.project) && !has(assertion.user_id)', 'allowed'),
  when('has a claim of development tokens alone', LANGUAGE, 'has(assertion.user_id)', 'refused', [
    'no_such_claim',
    FALSE,
  ]),
  when('in a list', LISTS, "assertion.project_id in ['prj_shop', 'prj_blog']", 'allowed'),
  when('in no list', LISTS, "assertion.environment in ['preview', 'development']", 'refused', [
    'environment_differs',
    FALSE,
  ]),
  when('in a text', LANGUAGE, "'production' in assertion.sub", 'refused', ['type_differs']),
  when('in an object', LANGUAGE, "'environment' in assertion", 'allowed'),
  when('contains of a list', LANGUAGE, "google.groups.contains('web')", 'refused', ['type_differs'], {
    claims: { groups: ['web'] },
    mapping: { 'google.groups': 'assertion.groups' },
  }),
  when('an index behind the end', LISTS, "assertion.sub.split(':')[6] == 'production'", 'refused', [
    'cel_error',
  ]),
  when(
    'exists',
    MACROS,
    "['acme', 'globex'].exists(team, assertion.sub.startsWith('owner:' + team + ':'))",
    'allowed',
  ),
  when('exists in an empty list', MACROS, '[].exists(one, one == assertion.project)', 'refused', [
    'value_differs',
    FALSE,
  ]),
  when('all of an empty list', MACROS, '[].all(one, one == assertion.project)', 'allowed'),
  when('exists_one', MACROS, "['shop', 'shop'].exists_one(one, one == assertion.project)", 'refused', [
    'value_differs',
    FALSE,
  ]),
  when(
    'all',
    MACROS,
    "assertion.groups.all(one, one.startsWith('w'))",
    'refused',
    ['pattern_differs', FALSE],
    { claims: { groups: ['web', 'ops'] } },
  ),
  when('a number and a text are never equal', COMPARISONS, "assertion.exp == '1'", 'refused', [
    'type_differs',
    FALSE,
  ]),
  when('a text is not less than a number', COMPARISONS, 'assertion.environment < 1024', 'refused', [
    'type_differs',
  ]),
  when(
    'a comment',
    LANGUAGE,
    "assertion.owner == 'acme' // the team\n && assertion.environment == 'production'",
    'allowed',
  ),
  when('a name that nothing declares', LANGUAGE, "environment == 'production'", 'invalid', [
    'malformed_policy',
  ]),
  when(
    'extract',
    'https://cloud.google.com/iam/docs/conditions-attribute-reference#extract',
    "assertion.sub.extract('project:{name}:') == 'blog'",
    'refused',
    ['project_differs', FALSE],
  ),
  when(
    'extract finds nothing',
    'https://cloud.google.com/iam/docs/conditions-attribute-reference#extract',
    "assertion.sub.extract('folder/{id}/') == ''",
    'allowed',
  ),
];

/** The strings extension: that Google's pool providers have it is documented for split alone. */
export const EXTENSION_CONDITIONS: readonly GcpCase[] = (
  [
    ["'TacoCÆt Xii'.lowerAscii() == 'tacocÆt xii'", STRING_EXTENSION],
    ["'tacoCαt'.upperAscii() == 'TACOCαT'", STRING_EXTENSION],
    [
      "'{0} days {0} hours'.replace('{0}', '2', 1).replace('{0}', '23') == '2 days 23 hours'",
      STRING_EXTENSION,
    ],
    ["'hello hello'.replace('he', 'we', -1) == 'wello wello'", EXTENSIONS],
    ["'hello hello'.replace('he', 'we', 0) == 'hello hello'", EXTENSIONS],
    ["'hello world events!'.split(' ', 0) == []", STRING_EXTENSION],
    ["'hello hello hello'.split(' ', 2) == ['hello', 'hello hello']", EXTENSIONS],
    ["'o©o©o©o'.split('©', -1) == ['o', 'o', 'o', 'o']", STRING_EXTENSION],
    ["['x', 'y'].join('-') == 'x-y' && [].join('-') == ''", STRING_EXTENSION],
    ["'tacocat'.substring(0, 4) == 'taco' && 'tacocat'.charAt(7) == ''", STRING_EXTENSION],
    ["'tacocat'.indexOf('', 3) == 3 && 'hello wello'.lastIndexOf('ello', 6) == 1", STRING_EXTENSION],
    ["' \\f\\n\\r\\t\\vtext  '.trim() == 'text'", STRING_EXTENSION],
  ] as const
).map(([condition, source]) =>
  when(condition, source, condition, 'allowed', [], { isUnverified: !condition.includes('.split(') }),
);
