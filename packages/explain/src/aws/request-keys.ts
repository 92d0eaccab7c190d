/**
 * The condition keys of one AssumeRoleWithWebIdentity request: those that come from the token, those that the caller gave,
 * and the rest, whose values no input contains.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 */

import type { TokenClaims } from '../claims.js';
import { textsOf } from '../json.js';
import { requestTagKeys } from './session-tags.js';
import { readSession } from './session-claims.js';

/** The key's values; `absent`: AWS has none for this request; `unknown`: it may have, but not offline. */
export type KeyValue = readonly string[] | 'absent' | 'unknown';
export type Lookup = (key: string) => KeyValue;

export interface RequestFacts {
  readonly roleArn: string | undefined;
  readonly roleSessionName: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number | undefined;
}

/** `oidc.vercel.com/acme`: how keys of this token's issuer begin, and how its provider's ARN ends. */
export const issuerHost = (claims: TokenClaims): string => (claims.iss ?? '').replace(/^https:\/\//, '');

/** If the token names an authorized party (`azp`), that party is the audience. */
export function webIdentityAudiences(claims: TokenClaims): readonly string[] {
  const parties = textsOf(claims['azp']);
  return parties.length > 0 ? parties : textsOf(claims.aud);
}

/** The ARN of the identity provider for this token in the role's account; undefined where the account is not known. */
export function providerArn(claims: TokenClaims, roleArn: string | undefined): string | undefined {
  const [, partition, account] = /^arn:([\w-]+):iam::(\d{12}):role\/./.exec(roleArn ?? '') ?? [];
  if (partition === undefined || account === undefined) return undefined;
  return `arn:${partition}:iam::${account}:oidc-provider/${issuerHost(claims)}`;
}

export function requestKeys(claims: TokenClaims, { roleArn, roleSessionName, now }: RequestFacts): Lookup {
  const host = issuerHost(claims);
  const provider = providerArn(claims, roleArn);
  const known = new Map<string, KeyValue>();
  const set = (key: string, values: readonly string[]): void => {
    if (values.length > 0) known.set(key.toLowerCase(), values);
  };
  set(`${host}:sub`, textsOf(claims.sub));
  set(`${host}:aud`, webIdentityAudiences(claims));
  if (textsOf(claims['azp']).length > 0) set(`${host}:oaud`, textsOf(claims.aud));
  set(`${host}:amr`, textsOf(claims['amr']));
  const account = /^arn:[\w-]+:iam::(\d{12}):/.exec(roleArn ?? '')?.[1];
  if (account !== undefined) set('aws:PrincipalAccount', [account]);
  // The caller has no ARN; its identity provider takes that place.
  if (provider !== undefined) set('aws:userid', [provider]);
  set('aws:PrincipalType', ['User']);
  set('aws:PrincipalIsAWSService', ['false']);
  known.set('aws:principalarn', 'absent');
  set('sts:RoleAuthorizedByIdp', [String(rolesOf(claims).includes(roleArn ?? ''))]);
  if (typeof claims['email'] === 'string') set(`${host}:email`, [claims['email']]);
  if (provider !== undefined) set('aws:FederatedProvider', [provider]);
  if (roleSessionName !== undefined) set('sts:RoleSessionName', [roleSessionName]);
  for (const [key, value] of Object.entries(requestTagKeys(readSession(claims).request)))
    if (value !== undefined) set(key, textsOf(value));
  if (now !== undefined) {
    set('aws:CurrentTime', [new Date(now).toISOString()]);
    set('aws:EpochTime', [String(Math.floor(now / 1000))]);
  }
  return (key) =>
    known.get(key.toLowerCase()) ?? (isOfRequest(key) && !isRequested(key) ? 'unknown' : 'absent');
}

/** Keys of what a request or a token asks for: present only where it does. */
export const isRequested = (key: string): boolean =>
  /^(?:sts:externalid|(?:sts|aws):sourceidentity|sts:transitivetagkeys|aws:tagkeys|aws:requesttag\/.*)$/i.test(
    key,
  );

/** Keys that may have several values, however many they have: only a set operator compares them. */
export const isMultivalued = (key: string, values: readonly string[] = []): boolean =>
  values.length > 1 || /:amr$|^aws:tagkeys$|^sts:transitivetagkeys$/i.test(key);

/**
 * The keys of a request of which everything is known: a key without a value here, or in `others`, is absent.
 *
 * @param others keys that some other source knows; what that source does not know is absent
 */
export function knownKeys(
  entries: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
  others: Lookup = () => 'absent',
): Lookup {
  const known = new Map(
    Object.entries(entries).flatMap(([key, value]) =>
      value === undefined
        ? []
        : [[key.toLowerCase(), typeof value === 'object' ? value : [String(value)]] as const],
    ),
  );
  return (key) => {
    const other = known.get(key.toLowerCase()) ?? others(key);
    return other === 'unknown' ? 'absent' : other;
  };
}

/** The roles that the issuer authorizes, in a list or in one text with `;` between them. */
const rolesOf = (claims: TokenClaims): readonly string[] =>
  textsOf(claims['https://aws.amazon.com/roles']).flatMap((text) => text.split(';').map((one) => one.trim()));

/** Keys whose values come from the request, the network or the organization: no input contains them. */
const isOfRequest = (key: string): boolean => /^(?:aws|sts|iam):/i.test(key);
