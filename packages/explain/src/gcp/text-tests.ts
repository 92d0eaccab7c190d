/** Why a text does not pass `==`, `startsWith`, `endsWith`, `contains` or `matches`. */

import type { TokenClaims } from '../claims.js';
import { fitsPattern } from '../aws/glob.js';
import type { Difference } from '../differences.js';
import { differences } from '../differences.js';
import type { FindingCode } from '../findings.js';
import { findsPattern } from './cel.js';
import type { Meaning } from './claim-kinds.js';
import { twinMistake } from './claim-kinds.js';

export type TextTest = '==' | 'startsWith' | 'endsWith' | 'contains' | 'matches';

export interface FailedTest {
  readonly test: TextTest;
  readonly wanted: string;
  readonly presented: string;
  readonly meaning: Meaning;
  readonly claims: TokenClaims;
}

const TESTS: Readonly<Record<TextTest, (presented: string, wanted: string) => boolean>> = {
  '==': (presented, wanted) => presented === wanted,
  startsWith: (presented, wanted) => presented.startsWith(wanted),
  endsWith: (presented, wanted) => presented.endsWith(wanted),
  contains: (presented, wanted) => presented.includes(wanted),
  matches: (presented, wanted) => findsPattern(wanted, presented) === true,
};

/** The most telling first, and at least one. */
export function textDifferences(failed: FailedTest): readonly Difference[] {
  const { test, wanted, presented, meaning, claims } = failed;
  const slip = slipOf(failed) ?? twinMistake(meaning, wanted, presented, claims);
  if (slip !== undefined) return [slip];
  const found = test === '==' ? differences(meaning.kind, wanted, presented, claims) : fragmentOf(failed);
  const named = found.map((one) => ofPart(one, failed));
  return named.length === 0 ? [covers(failed)] : named;
}

const quoted = (text: string): string => JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}…` : text);

/** What passes once a slip of the pen is corrected. */
function slipOf({ test, wanted, presented }: FailedTest): Difference | undefined {
  const passes = (value: string, other: string = presented): boolean => TESTS[test](other, value);
  const pair = `the policy has ${quoted(wanted)}, the token ${quoted(presented)}`;
  const trimmed = wanted.replace(/^[\s'"]+|[\s'"]+$/g, '');
  if (trimmed !== wanted && trimmed !== '' && passes(trimmed))
    return {
      code: 'surrounding_whitespace',
      message: `There is white space or a quote around it: ${pair}.`,
    };
  if (isPlaceholder(wanted, test))
    return { code: 'placeholder_left', message: `A placeholder of a guide is left in ${quoted(wanted)}.` };
  if (passes(test === 'matches' ? `(?i)${wanted}` : wanted.toLowerCase(), presented.toLowerCase()))
    return { code: 'case_differs', message: `Only the case of letters differs: ${pair}.` };
  if (!wanted.includes('*') || !fitsGlob(test, wanted, presented)) return undefined;
  const says =
    test === 'matches' ? '`*` repeats the sign before it in a regular expression' : '`*` is taken literally';
  return { code: 'wildcard_in_cel', message: `${says}: ${pair}.` };
}

/** `[a-z]` and `{2}` are parts of a regular expression. */
const isPlaceholder = (wanted: string, test: TextTest): boolean =>
  test === 'matches'
    ? /\[[A-Z][A-Z_]{3,}\]|(?<!\(\?P?)<[A-Za-z_-]+>|\bYOUR[-_ ]/.test(wanted)
    : /\[[^\]]*\]|<[^>]*>|\$?\{[^}]*\}|\bYOUR[-_ ]/i.test(wanted);

function fitsGlob(test: TextTest, wanted: string, presented: string): boolean {
  const plain = test === 'matches' ? wanted.replace(/^\^|\$$/g, '').replaceAll('\\', '') : wanted;
  const [before, after] = [
    test === 'endsWith' || test === 'contains',
    test === 'startsWith' || test === 'contains',
  ];
  return fitsPattern(`${before ? '*' : ''}${plain}${after ? '*' : ''}`, presented, undefined) === true;
}

/** A part of a subject is compared with the same part of the token's. */
function fragmentOf(failed: FailedTest): readonly Difference[] {
  const { test, wanted, presented, meaning, claims } = failed;
  if (wanted.length > 2_048 || presented.length > 2_048) return [covers(failed)];
  if (meaning.kind === 'subject')
    return test === 'matches' ? patternParts(wanted, presented, claims) : fragmentParts(failed);
  const isUrl = meaning.kind === 'issuer' || meaning.kind === 'audience';
  return isUrl && test === 'startsWith' ? differences(meaning.kind, wanted, presented, claims) : [];
}

function fragmentParts({ test, wanted, presented, claims }: FailedTest): readonly Difference[] {
  const [isStart, isEnd] = [test === 'startsWith', test === 'endsWith'];
  const mine = wanted.split(':');
  const theirs = presented.split(':');
  const parts = mine.length > theirs.length ? mine : aligned(mine, theirs, { isStart, isEnd }, textFits);
  if (parts === undefined) return [];
  const whole = parts.join(':');
  return differences('subject', whole, presented, claims).map(({ code, message }) => ({
    code,
    // Of the text that was made up, only what the policy has is shown.
    message: message.replaceAll(JSON.stringify(whole), JSON.stringify(wanted)),
  }));
}

const SUBJECT_PARTS: readonly (readonly [at: number, code: FindingCode, name: string])[] = [
  [1, 'team_differs', 'team'],
  [3, 'project_differs', 'project'],
  [5, 'environment_differs', 'environment'],
];

function patternParts(wanted: string, presented: string, claims: TokenClaims): readonly Difference[] {
  const [isStart, isEnd] = [wanted.startsWith('^'), wanted.endsWith('$')];
  const theirs = presented.split(':');
  const written = wanted.replace(/^\^|\$$/g, '').split(':');
  const mine = isStart && isEnd ? stretched(written, theirs.length) : written;
  const parts = aligned(mine, theirs, { isStart, isEnd }, patternFits);
  const isOdd = (at: number): boolean => parts?.[at] !== theirs[at];
  if (parts === undefined || theirs.length !== 6 || isOdd(0) || isOdd(2) || isOdd(4)) return [];
  return SUBJECT_PARTS.filter(([at]) => isOdd(at)).map(([at, code, name]): Difference => {
    const [mine = '', theirPart = ''] = [parts[at], theirs[at]];
    const isId = mine !== '' && (mine === claims.owner_id || mine === claims.project_id);
    return isId
      ? { code: 'id_instead_of_name', message: `The subject holds names, not ids such as ${quoted(mine)}.` }
      : {
          code,
          message: `The regular expression has the ${name} ${quoted(mine)}, the token ${quoted(theirPart)}.`,
        };
  });
}

/** `.*` may stand for several parts. */
function stretched(parts: readonly string[], length: number): readonly string[] {
  const at = parts.findIndex((part) => /^\.[*+]|\.[*+]$/.test(part));
  if (at < 0 || parts.length >= length) return parts;
  const more = Array.from({ length: length - parts.length }, () => '.*');
  return /\.[*+]$/.test(parts[at] ?? '')
    ? [...parts.slice(0, at + 1), ...more, ...parts.slice(at + 1)]
    : [...parts.slice(0, at), ...more, ...parts.slice(at)];
}

/** Says which part of a deployment differs, instead of that something does. */
function ofPart(difference: Difference, failed: FailedTest): Difference {
  const { code } = difference;
  const isVague = code === 'value_differs' || code === 'subject_differs' || code === 'audience_differs';
  if (!isVague) return difference;
  const { part } = failed.meaning;
  if (failed.test === '==') return part === undefined ? difference : { ...difference, code: part };
  return part === undefined ? covers(failed) : { ...covers(failed), code: part };
}

const VERBS: Readonly<Record<TextTest, string>> = {
  '==': 'is not',
  startsWith: 'does not start with',
  endsWith: 'does not end with',
  contains: 'does not contain',
  matches: 'does not match the regular expression',
};

const STAGES: ReadonlySet<string> = new Set(['production', 'preview', 'development']);

function covers({ test, wanted, presented, meaning }: FailedTest): Difference {
  const isStage = meaning.kind === 'subject' && STAGES.has(wanted.replace(/^[:^]+|\$$/g, ''));
  const code: FindingCode = isStage ? 'environment_differs' : (meaning.part ?? 'pattern_differs');
  return { code, message: `The token has ${quoted(presented)}, which ${VERBS[test]} ${quoted(wanted)}.` };
}

interface Cut {
  readonly isCutBefore: boolean;
  readonly isCutAfter: boolean;
}

/** The token's parts, those in the place of which the fragment has another one replaced by that. */
function aligned(
  mine: readonly string[],
  theirs: readonly string[],
  { isStart, isEnd }: { readonly isStart: boolean; readonly isEnd: boolean },
  fits: (own: string, part: string, cut: Cut) => boolean,
): readonly string[] | undefined {
  const room = theirs.length - mine.length;
  let best: { readonly parts: readonly string[]; readonly hits: number } | undefined;
  for (
    let offset = isEnd ? Math.max(room, 0) : 0;
    offset <= (isStart ? Math.min(room, 0) : room);
    offset += 1
  ) {
    let hits = 0;
    const parts = theirs.map((part, index) => {
      const at = index - offset;
      const own = mine[at];
      if (own === undefined) return part;
      const cut = { isCutBefore: at === 0 && !isStart, isCutAfter: at === mine.length - 1 && !isEnd };
      if (!fits(own, part, cut)) return own;
      if (own !== '') hits += 1;
      return part;
    });
    if (best === undefined || hits > best.hits) best = { parts, hits };
  }
  // What fits nowhere doesn't say where it belongs.
  return best === undefined || (!isStart && !isEnd && best.hits === 0) ? undefined : best.parts;
}

const textFits = (own: string, part: string, { isCutBefore, isCutAfter }: Cut): boolean => {
  if (isCutBefore && isCutAfter) return part.includes(own);
  if (isCutBefore) return part.endsWith(own);
  return isCutAfter ? part.startsWith(own) : part === own;
};

const patternFits = (own: string, part: string, { isCutBefore, isCutAfter }: Cut): boolean =>
  findsPattern(`${isCutBefore ? '' : '^'}(?:${own})${isCutAfter ? '' : '$'}`, part) === true;
