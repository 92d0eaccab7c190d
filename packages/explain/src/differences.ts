/** Why two texts that should be equal are not: the mistakes that people make, the most specific first. */

import type { TokenClaims } from './claims.js';
import type { FindingCode } from './findings.js';

/** The kind of a claim: some mistakes happen with one kind only. */
export type ClaimKind = 'issuer' | 'audience' | 'subject' | 'other';

export interface Difference {
  readonly code: FindingCode;
  readonly message: string;
}

/** No cloud takes longer ones; they are not compared in detail. */
const LONGEST = 2048;

const GENERAL: Readonly<Record<ClaimKind, FindingCode>> = {
  issuer: 'issuer_differs',
  audience: 'audience_differs',
  subject: 'subject_differs',
  other: 'value_differs',
};

const GLOBAL_ISSUER = 'https://oidc.vercel.com';

/** How `wanted`, which the policy has, differs from `presented`. One difference for each part of a subject. */
export function differences(
  kind: ClaimKind,
  wanted: string,
  presented: string,
  claims: TokenClaims,
): readonly Difference[] {
  const one = (code: FindingCode, message: string): readonly Difference[] => [{ code, message }];
  const pair = `the policy has ${quoted(wanted)}, the token ${quoted(presented)}`;
  if (wanted.length > LONGEST || presented.length > LONGEST) return one(GENERAL[kind], sentence(pair));
  const trimmed = wanted.replace(/^[\s'"]+|[\s'"]+$/g, '');
  if (trimmed === presented)
    return one('surrounding_whitespace', `There is white space or a quote around it: ${pair}.`);
  if (/\[[^\]]*\]|<[^>]*>|(?<!\$)\{[^}]*\}|\bYOUR[-_ ]/i.test(wanted))
    return one('placeholder_left', `A placeholder of a guide is left in ${quoted(wanted)}.`);
  if (wanted.toLowerCase() === presented.toLowerCase())
    return one('case_differs', `Only the case of letters differs: ${pair}.`);
  if (withoutSlash(wanted) === withoutSlash(presented))
    return one('trailing_slash', `Only a slash at the end differs: ${pair}.`);
  if (withoutScheme(wanted) === withoutScheme(presented))
    return one('scheme_differs', `Only the scheme differs: ${pair}.`);
  if (kind === 'issuer') return [issuerDifference(wanted, presented, pair)];
  if (kind === 'audience') return [audienceDifference(wanted, presented, pair)];
  if (kind === 'subject') return subjectDifferences(wanted, presented, pair, claims);
  return one('value_differs', sentence(pair));
}

/** As JSON, shortened: what is hidden in it shows. */
const quoted = (text: string): string => JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}…` : text);
const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
const withoutSlash = (text: string): string => text.replace(/\/+$/, '');
const withoutScheme = (text: string): string => withoutSlash(text.replace(/^(?:https?:)?\/\//i, ''));

function issuerDifference(wanted: string, presented: string, pair: string): Difference {
  const [wantedTeam, presentedTeam] = [teamOfIssuer(wanted), teamOfIssuer(presented)];
  if (wanted.startsWith('https://vercel.com/'))
    return { code: 'audience_as_issuer', message: `${quoted(wanted)} is an audience, not an issuer.` };
  if (wanted.includes('/.well-known/'))
    return {
      code: 'discovery_url_as_issuer',
      message: `${quoted(wanted)} is a document of the issuer, not the issuer.`,
    };
  if (wantedTeam === undefined || presentedTeam === undefined)
    return { code: 'issuer_differs', message: sentence(pair) };
  if (wantedTeam === '' || presentedTeam === '')
    return {
      code: 'issuer_mode',
      message: `The policy trusts Vercel's ${mode(wantedTeam)} issuer, the token is of the ${mode(presentedTeam)} one: ${pair}.`,
    };
  return { code: 'team_differs', message: `The issuer is of another team: ${pair}.` };
}

const mode = (team: string): string => (team === '' ? 'global' : 'team');

/** The slug; empty for the global issuer; undefined for an issuer that isn't Vercel's. */
export function teamOfIssuer(issuer: string): string | undefined {
  if (withoutSlash(issuer) === GLOBAL_ISSUER) return '';
  return /^https:\/\/oidc\.vercel\.com\/([^/]+)$/.exec(withoutSlash(issuer))?.[1];
}

function audienceDifference(wanted: string, presented: string, pair: string): Difference {
  if (teamOfIssuer(wanted) !== undefined)
    return { code: 'issuer_as_audience', message: `${quoted(wanted)} is an issuer, not an audience.` };
  if (
    /^(?:sts\.amazonaws\.com|api:\/\/AzureADTokenExchange|(?:https:)?\/\/iam\.googleapis\.com\/)/i.test(
      wanted,
    )
  )
    return {
      code: 'default_audience',
      message: `${quoted(wanted)} is what the cloud's own guides ask other issuers for; this token has ${quoted(presented)}.`,
    };
  const [wantedTeam, presentedTeam] = [wanted, presented].map(
    (text) => /^https:\/\/vercel\.com\/([^/]+)$/.exec(text)?.[1],
  );
  if (wantedTeam !== undefined && presentedTeam !== undefined)
    return { code: 'team_differs', message: `The audience is of another team: ${pair}.` };
  return { code: 'audience_differs', message: sentence(pair) };
}

const SUBJECT = /^owner:([^:]*):project:([^:]*):environment:([^:]*)$/;
const PARTS = [
  ['team_differs', 'team'],
  ['project_differs', 'project'],
  ['environment_differs', 'environment'],
] as const;

function subjectDifferences(
  wanted: string,
  presented: string,
  pair: string,
  claims: TokenClaims,
): readonly Difference[] {
  const one = (code: FindingCode, message: string): readonly Difference[] => [{ code, message }];
  if (wanted.replaceAll(':', '') === presented.replaceAll(':', ''))
    return one('missing_colon', `Only the colons differ: ${pair}.`);
  const named = withNames(wanted, claims);
  if (named !== wanted && SUBJECT.test(named))
    return one('id_instead_of_name', `The subject holds names, not ids: ${pair}.`);
  const [wantedParts, presentedParts] = [SUBJECT.exec(wanted), SUBJECT.exec(presented)];
  if (presentedParts === null) return one('subject_differs', sentence(pair));
  if (wantedParts === null) {
    return /^owner:?[^:]*:?project/i.test(wanted)
      ? one(
          'missing_colon',
          `A subject is owner:{team}:project:{project}:environment:{environment}: ${pair}.`,
        )
      : one(
          /^(?:repo|system|project_path|organization|arn|spiffe):/.test(wanted)
            ? 'subject_of_another_issuer'
            : 'subject_differs',
          sentence(pair),
        );
  }
  return PARTS.flatMap(([code, name], index) => {
    const [mine, theirs] = [wantedParts[index + 1] as string, presentedParts[index + 1] as string];
    if (mine === theirs) return [];
    if (mine.toLowerCase() === theirs.toLowerCase())
      return one(
        'case_differs',
        `The ${name} differs in the case of letters: ${quoted(mine)} and ${quoted(theirs)}.`,
      );
    return one(code, `The policy has the ${name} ${quoted(mine)}, the token ${quoted(theirs)}.`);
  });
}

function withNames(subject: string, { owner, owner_id, project, project_id }: TokenClaims): string {
  let named = subject;
  if (owner !== undefined && owner_id !== undefined && owner_id !== '')
    named = named.replaceAll(owner_id, owner);
  if (project !== undefined && project_id !== undefined && project_id !== '')
    named = named.replaceAll(project_id, project);
  return named;
}

/** Differences that are less specific than those that name a mistake. */
const VAGUE: ReadonlySet<FindingCode> = new Set([
  ...Object.values(GENERAL),
  'pattern_differs',
  'team_differs',
  'subject_of_another_issuer',
]);

/** How far apart two texts are: a typing error is nearer than another name. */
export const rankOf = (codes: readonly FindingCode[]): number =>
  codes.reduce(
    (sum, code) => sum + (VAGUE.has(code) ? 10 : code === 'project_differs' ? 4 : SLIPS.has(code) ? 0.5 : 1),
    0,
  );

const SLIPS: ReadonlySet<FindingCode> = new Set([
  'wildcard_in_string_equals',
  'case_differs',
  'trailing_slash',
  'scheme_differs',
  'surrounding_whitespace',
  'missing_colon',
]);

/** Of the differences from each of several values, those from the one that was most likely meant. */
export function closest(all: readonly (readonly Difference[])[]): readonly Difference[] {
  const rank = (list: readonly Difference[]): number => rankOf(list.map(({ code }) => code));
  return (
    all.reduce<readonly Difference[] | undefined>(
      (best, list) => (best === undefined || rank(list) < rank(best) ? list : best),
      undefined,
    ) ?? []
  );
}
