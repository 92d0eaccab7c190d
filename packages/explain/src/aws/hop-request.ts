/** A role of `assumeRole`: what its request asks for, who sends it, and the condition keys that it has. */

import type { TokenClaims } from '../claims.js';
import { finding } from '../findings.js';
import type { Finding } from '../findings.js';
import { isObject, listOf, member, text, textsOf } from '../json.js';
import type { JsonObject } from '../json.js';
import type { KeyValue, Lookup, RequestFacts } from './request-keys.js';
import { isRequested, issuerHost, providerArn, webIdentityAudiences } from './request-keys.js';
import { requestProblems } from './request-problems.js';
import type { RoleSession } from './role-session.js';
import { sessionKeys } from './role-session.js';
import { readSession } from './session-claims.js';
import { readSessionPolicies } from './session-policies.js';
import type { SessionPolicies } from './session-policies.js';
import { NOTHING_PASSED, passedOn, requestTagKeys, sessionTagKeys } from './session-tags.js';
import type { Passed, RequestedSession } from './session-tags.js';

export interface Hop {
  /** `assumeRole[0]` */
  readonly at: string;
  readonly roleArn: string | undefined;
  readonly externalId: string | undefined;
  readonly requested: RequestedSession;
  /** Those of the session that the request is for. */
  readonly policies: SessionPolicies | undefined;
  /** Why the request can not be sent or is refused, whatever the trust policy says. */
  readonly findings: readonly Finding[];
}

export interface HopInput {
  /** A role of the option. */
  readonly given: JsonObject;
  /** That of the policy's file, where the option has none. */
  readonly roleArn: string | undefined;
  /** `assumeRole[0]` */
  readonly at: string;
  readonly claims: TokenClaims;
  /** What the session of the role before it passes on. */
  readonly passed: Passed;
}

export function hopOf({ given, roleArn, at, claims, passed }: HopInput): Hop {
  const tags = new Map(entriesOf(member(given, 'tags')));
  const fromClaims = entriesOf(member(given, 'tagsFromClaims'));
  const tagKeys = [...tags.keys(), ...fromClaims.map(([key]) => key)];
  const findings: Finding[] = [];
  for (const [key, claim] of fromClaims) {
    const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
    if (typeof value === 'string') tags.set(key, value);
    else
      findings.push(
        finding(
          'no_such_claim',
          `${at}.tagsFromClaims.${key}`,
          `The token has no text in a claim \`${claim}\`.`,
        ),
      );
  }
  const externalId = text(given, 'externalId');
  const requested = {
    tags: Object.fromEntries(tags),
    transitiveKeys: textsOf(member(given, 'transitiveTagKeys')),
    sourceIdentity: text(given, 'sourceIdentity'),
  };
  const session = readSessionPolicies(
    member(given, 'policy'),
    textsOf(member(given, 'policyArns')),
    `${at}.policy`,
  );
  findings.push(...requestProblems({ at, externalId, tagKeys, requested, passed }), ...session.findings);
  const own = text(given, 'roleArn') ?? roleArn;
  return { at, roleArn: own, externalId, requested, policies: session.policies, findings };
}

const entriesOf = (value: unknown): (readonly [string, string])[] =>
  Object.entries(isObject(value) ? value : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );

/** The session that the token is exchanged for. */
export function firstSession(
  roleArn: string,
  claims: TokenClaims,
  { roleSessionName }: RequestFacts,
  policies: SessionPolicies | undefined,
): RoleSession {
  const { request } = readSession(claims);
  const host = issuerHost(claims);
  const amr = textsOf(claims['amr']);
  const provider = providerArn(claims, roleArn);
  return {
    arn: roleArn,
    sessionName: roleSessionName,
    keys: {
      [`${host}:sub`]: textsOf(claims.sub),
      [`${host}:aud`]: webIdentityAudiences(claims),
      ...(amr.length === 0 ? {} : { [`${host}:amr`]: amr }),
      ...(provider === undefined ? {} : { 'aws:FederatedProvider': provider }),
      ...sessionTagKeys(request.tags, request.sourceIdentity),
    },
    passed: passedOn(request, NOTHING_PASSED),
    policies,
  };
}

/**
 * The tags of a role, in the output of `aws iam get-role`. Undefined for what does not say: a trust policy alone, and a list
 * of roles, because `aws iam list-roles` prints no tags.
 */
export function roleTagsIn(value: unknown): ReadonlyMap<string, string> | undefined {
  const outer = isObject(value) ? value : {};
  const inner = member(outer, 'Role');
  const role = isObject(inner) ? inner : outer;
  if (member(role, 'AssumeRolePolicyDocument') === undefined) return undefined;
  const tags = listOf(member(role, 'Tags') ?? []).filter(isObject);
  return new Map(tags.map((tag) => [(text(tag, 'Key') ?? '').toLowerCase(), text(tag, 'Value') ?? '']));
}

export function hopKeys(
  caller: RoleSession,
  roleTags: ReadonlyMap<string, string> | undefined,
  { requested, externalId }: Hop,
  { roleSessionName, now }: RequestFacts,
): Lookup {
  const given = {
    ...sessionKeys(caller),
    ...requestTagKeys(requested),
    'sts:ExternalId': externalId,
    'sts:RoleSessionName': roleSessionName,
    'aws:PrincipalIsAWSService': 'false',
    'aws:CurrentTime': now === undefined ? undefined : new Date(now).toISOString(),
    'aws:EpochTime': now === undefined ? undefined : String(Math.floor(now / 1000)),
  };
  const known = new Map(
    Object.entries(given).flatMap(([key, value]): [string, readonly string[]][] =>
      value === undefined ? [] : [[key.toLowerCase(), textsOf(value)]],
    ),
  );
  return (key): KeyValue => {
    const name = key.toLowerCase();
    const value = known.get(name);
    if (value !== undefined) return value;
    if (name.startsWith('aws:principaltag/')) {
      if (roleTags === undefined) return 'unknown';
      const tag = roleTags.get(name.slice('aws:principaltag/'.length));
      return tag === undefined ? 'absent' : [tag];
    }
    return isRequested(name) || !/^(?:aws|sts|iam):/.test(name) ? 'absent' : 'unknown';
  };
}
