/** Whose tokens are verified, and where each issuer's keys are: Vercel's two issuer modes, and an emulator's. */

import { OptionError } from '@credex/core';
import {
  TEAM_SLUG,
  endpointUrl,
  httpsUrl,
  invalidOption,
  isLoopback,
  requiredString,
  shown,
} from '@credex/core/driver';
import type { VercelTokenClaims } from './contract.js';
import { refusal } from './refuse.js';

const HOST = 'oidc.vercel.com';
export const GLOBAL_ISSUER = 'https://oidc.vercel.com';
const KEYS_PATH = ['.well-known', 'jwks'] as const;

/** Passport and Sign in with Vercel: both speak for a person, whatever their signature. */
const OTHER_KINDS: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  { pattern: /^https?:\/\/passport\.vercel\.com(?:[/:]|$)/i, name: 'Passport' },
  { pattern: /^https?:\/\/vercel\.com(?:[/:]|$)/i, name: 'Sign in with Vercel' },
];

/** The name of the kind of token that this issuer signs, where it is another kind than the one verified here. */
export function otherTokenKind(iss: unknown): string | undefined {
  return typeof iss === 'string' ? OTHER_KINDS.find(({ pattern }) => pattern.test(iss))?.name : undefined;
}

export interface TrustedIssuer {
  /** As the token's `iss` says it, letter by letter. */
  readonly iss: string;
  /** The slug at its end; `undefined`: the global issuer, under which every team's token is signed alike. */
  readonly team: string | undefined;
  readonly keysUrl: URL;
}

export interface IssuerOptions {
  readonly team?: unknown;
  readonly issuer?: unknown;
  readonly jwksUri?: unknown;
}

/** @throws OptionError */
export function trustedIssuers(options: IssuerOptions, allowLoopbackHttp: boolean): readonly TrustedIssuer[] {
  const { team, issuer, jwksUri } = options;
  if (team !== undefined && issuer !== undefined) {
    throw new OptionError(
      'conflicting_options',
      'issuer',
      undefined,
      '`team` and `issuer` say the same thing twice: pass one of them.',
    );
  }
  if (team === undefined && issuer === undefined) {
    throw new OptionError(
      'missing_option',
      'team',
      undefined,
      '`team` is missing: pass the slug of the team whose projects call, or `issuer` with the whole issuer.',
    );
  }
  const list =
    team === undefined
      ? distinct('issuer', issuer).map((iss) => issuerOf(iss, allowLoopbackHttp))
      : distinct('team', team).map((slug) => teamIssuer(requiredString({ option: 'team' }, slug, TEAM_SLUG)));
  if (jwksUri === undefined) return list;
  if (list.length > 1) {
    throw new OptionError(
      'conflicting_options',
      'jwksUri',
      undefined,
      '`jwksUri` names the keys of one issuer, and several are trusted: one would sign for the other. Make a verifier for each.',
    );
  }
  const keysUrl = endpointUrl({ option: 'jwksUri' }, jwksUri as string, {
    allowLoopbackHttp,
    allowPath: true,
  });
  return list.map((one) => ({ ...one, keysUrl }));
}

/** One string, or a list of them without repetition, with at least one. */
export function distinct(option: string, value: unknown): readonly string[] {
  // Copied before it is looked at; a hole becomes what it reads as.
  const list: readonly unknown[] = Array.isArray(value) ? [...(value as unknown[])] : [value];
  const says = 'a string that is not empty, or a list of such strings with at least one';
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
      `https://${HOST}/{team} or https://${HOST}; the tokens of ${other} speak for a person and are not verified here`,
      iss,
    );
  }
  if (iss === `https://${HOST}`)
    return { iss, team: undefined, keysUrl: httpsUrl({ host: HOST, path: KEYS_PATH }) };
  const slug = iss.startsWith(`https://${HOST}/`) ? iss.slice(`https://${HOST}/`.length) : '';
  if (TEAM_SLUG.pattern.test(slug)) return teamIssuer(slug);
  return loopbackIssuer(iss, allowLoopback);
}

/** An emulator's: `http://127.0.0.1:4000` or `http://127.0.0.1:4000/acme`. */
function loopbackIssuer(iss: string, allowLoopback: boolean): TrustedIssuer {
  const says =
    `https://${HOST}/{team} or https://${HOST}, as the token says it, without a slash at the end` +
    (allowLoopback ? '; or an origin on loopback with or without /{team}' : '');
  const url = URL.canParse(iss) ? new URL(iss) : undefined;
  if (url === undefined || !isLoopback(url.hostname) || !allowLoopback)
    throw invalidOption({ option: 'issuer' }, says, iss);
  endpointUrl({ option: 'issuer' }, iss, { allowLoopbackHttp: true, allowPath: true });
  const team = url.pathname === '/' ? undefined : url.pathname.slice(1);
  // Compared letter by letter later on: it must be written as the URL parser writes it.
  if (
    iss !== `${url.origin}${team === undefined ? '' : `/${team}`}` ||
    (team !== undefined && !TEAM_SLUG.pattern.test(team))
  )
    throw invalidOption({ option: 'issuer' }, says, iss);
  return { iss, team, keysUrl: new URL(`${iss}/${KEYS_PATH.join('/')}`) };
}

/**
 * The issuer that the token names, where it is trusted. In team mode the last part of `iss` is the team's slug, and
 * so is `owner`.
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
    throw refusal('invalid_claims', "The token's `owner` is not the team that its issuer names.", {
      claims,
    });
  }
  return found;
}

function adviceOn({ iss, owner, act }: VercelTokenClaims, trusted: readonly string[]): string | undefined {
  if (iss === `https://${HOST}`)
    return 'The project that sent it is in global issuer mode, and a team was expected.';
  const ofTeam = iss === `https://${HOST}/${owner}` && trusted.includes(`https://${HOST}`);
  // Made by the audience exchange: its issuer says nothing about the issuer mode of the project.
  if (ofTeam && act !== undefined)
    return `The token was made for an audience of its own, and Vercel gives such a token the team issuer, whatever the project's issuer mode. Pass \`team: '${shown(owner)}'\`, or both issuers in \`issuer\`.`;
  if (ofTeam) return 'The project that sent it is in team issuer mode, and the global issuer was expected.';
  return undefined;
}
