/** The trusted issuers and the URLs of their keys: Vercel's two issuer modes, and emulators. */

import { OptionError } from '@credex/core';
import {
  TEAM_SLUG,
  endpointUrl,
  httpsUrl,
  invalidOption,
  isLoopback,
  requiredString,
  shown,
} from '@credex/core/internal';
import type { VercelTokenClaims } from './contract.js';
import { refusal } from './errors.js';

const HOST = 'oidc.vercel.com';
export const GLOBAL_ISSUER = 'https://oidc.vercel.com';
const KEYS_PATH = ['.well-known', 'jwks'] as const;

/** Tokens that identify a person instead of a deployment. They are refused even if the signature is valid. */
const OTHER_KINDS: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  { pattern: /^https?:\/\/passport\.vercel\.com(?:[/:]|$)/i, name: 'Passport' },
  { pattern: /^https?:\/\/vercel\.com(?:[/:]|$)/i, name: 'Sign in with Vercel' },
];

/** The kind of token that this issuer signs; undefined if it may sign OIDC tokens of deployments. */
export function otherTokenKind(iss: unknown): string | undefined {
  return typeof iss === 'string' ? OTHER_KINDS.find(({ pattern }) => pattern.test(iss))?.name : undefined;
}

export interface TrustedIssuer {
  /** The exact value of `iss`. */
  readonly iss: string;
  /** The slug at the end of `iss`; undefined for the global issuer, which signs the tokens of every team. */
  readonly team: string | undefined;
  readonly keysUrl: URL;
}

export interface IssuerOptions {
  readonly team?: unknown;
  readonly issuer?: unknown;
  readonly jwksUri?: unknown;
}

export const missing = (option: string, what: string): OptionError =>
  new OptionError('missing_option', option, undefined, `\`${option}\` is missing: ${what}`);

export const conflicting = (option: string, message: string): OptionError =>
  new OptionError('conflicting_options', option, undefined, message);

/** @throws OptionError */
export function trustedIssuers(options: IssuerOptions, allowLoopbackHttp: boolean): readonly TrustedIssuer[] {
  const { team, issuer, jwksUri } = options;
  if (team !== undefined && issuer !== undefined) {
    throw conflicting('issuer', '`team` and `issuer` are alternatives: pass only one of them.');
  }
  if (team === undefined && issuer === undefined) {
    throw missing(
      'team',
      'pass the slug of the team that owns the calling projects, or pass the whole issuer as `issuer`.',
    );
  }
  const list =
    team === undefined
      ? distinct('issuer', issuer).map((iss) => issuerOf(iss, allowLoopbackHttp))
      : distinct('team', team).map((slug) => teamIssuer(requiredString({ option: 'team' }, slug, TEAM_SLUG)));
  if (jwksUri === undefined) return list;
  if (list.length > 1) {
    throw conflicting(
      'jwksUri',
      '`jwksUri` is the key set of one issuer, but several issuers are trusted, and each could sign for the others. Create one verifier for each issuer.',
    );
  }
  const keysUrl = endpointUrl({ option: 'jwksUri' }, jwksUri as string, {
    allowLoopbackHttp,
    allowPath: true,
  });
  return list.map((one) => ({ ...one, keysUrl }));
}

/** A string, or a list of at least one, without duplicates. */
export function distinct(option: string, value: unknown): readonly string[] {
  // Copy the list before the check; a hole becomes undefined.
  const list: readonly unknown[] = Array.isArray(value) ? [...(value as unknown[])] : [value];
  const says = 'a non-empty string, or a list of at least one';
  if (list.length === 0 || list.some((one) => typeof one !== 'string' || one === ''))
    throw invalidOption({ option }, says, value);
  return [...new Set(list as readonly string[])];
}

function teamIssuer(team: string): TrustedIssuer {
  return {
    iss: `https://${HOST}/${team}`,
    team,
    keysUrl: httpsUrl({ host: HOST, path: [team, ...KEYS_PATH] }),
  };
}

function issuerOf(iss: string, allowLoopback: boolean): TrustedIssuer {
  const name = { option: 'issuer' };
  const other = otherTokenKind(iss);
  if (other !== undefined) {
    throw invalidOption(
      name,
      `https://${HOST}/{team} or https://${HOST}; ${other} tokens identify a person and cannot be verified here`,
      iss,
    );
  }
  if (iss === `https://${HOST}`)
    return { iss, team: undefined, keysUrl: httpsUrl({ host: HOST, path: KEYS_PATH }) };
  const slug = iss.startsWith(`https://${HOST}/`) ? iss.slice(`https://${HOST}/`.length) : '';
  if (TEAM_SLUG.pattern.test(slug)) return teamIssuer(slug);
  return loopbackIssuer(iss, allowLoopback);
}

/** The issuer of an emulator: `http://127.0.0.1:4000` or `http://127.0.0.1:4000/acme`. */
function loopbackIssuer(iss: string, allowLoopback: boolean): TrustedIssuer {
  const says =
    `https://${HOST}/{team} or https://${HOST}, exactly as in the token, without a slash at the end` +
    (allowLoopback ? '; or an origin on loopback with or without /{team}' : '');
  const url = URL.canParse(iss) ? new URL(iss) : undefined;
  if (url === undefined || !isLoopback(url.hostname) || !allowLoopback)
    throw invalidOption({ option: 'issuer' }, says, iss);
  endpointUrl({ option: 'issuer' }, iss, { allowLoopbackHttp: true, allowPath: true });
  const team = url.pathname === '/' ? undefined : url.pathname.slice(1);
  // `iss` is compared exactly, so it must be written as the URL parser writes it.
  if (
    iss !== `${url.origin}${team === undefined ? '' : `/${team}`}` ||
    (team !== undefined && !TEAM_SLUG.pattern.test(team))
  )
    throw invalidOption({ option: 'issuer' }, says, iss);
  return { iss, team, keysUrl: new URL(`${iss}/${KEYS_PATH.join('/')}`) };
}

/**
 * Returns the trusted issuer of the token. In team mode, the last part of `iss` and `owner` must both be the slug of the
 * team.
 *
 * @throws TokenVerificationError `issuer_mismatch`, `invalid_claims`
 */
export function issuerOfToken<I extends TrustedIssuer>(
  issuers: ReadonlyMap<string, I>,
  claims: VercelTokenClaims,
): I {
  const { iss, owner } = claims;
  const found = issuers.get(iss);
  if (found === undefined) {
    const trusted = [...issuers.keys()];
    throw refusal('issuer_mismatch', `The token's issuer is not ${shown(trusted.join(' or '))}.`, {
      claims,
      advice: adviceOn(claims, trusted),
    });
  }
  if (found.team !== undefined && found.team !== owner) {
    throw refusal('invalid_claims', "The token's `owner` is not the team in its issuer.", {
      claims,
    });
  }
  return found;
}

function adviceOn({ iss, owner, act }: VercelTokenClaims, trusted: readonly string[]): string | undefined {
  if (iss === `https://${HOST}`)
    return 'The calling project uses the global issuer mode, but the verifier expects a team issuer.';
  const ofTeam = iss === `https://${HOST}/${owner}` && trusted.includes(`https://${HOST}`);
  // A token of the audience exchange: its issuer does not depend on the issuer mode of the project.
  if (ofTeam && act !== undefined)
    return `The token has a custom audience, and Vercel gives such a token the team issuer, whatever the project's issuer mode. Pass \`team: '${shown(owner)}'\`, or both issuers in \`issuer\`.`;
  if (ofTeam)
    return 'The calling project uses the team issuer mode, but the verifier expects the global issuer.';
  return undefined;
}
