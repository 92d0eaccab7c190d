/** A role of `assumeRole`: what its request asks for, who sends it, and the condition keys that it has. */

import type { TokenClaims } from '../claims.js';
import { finding } from '../findings.js';
import type { Finding } from '../findings.js';
import { isObject, listOf, member, text, textsOf } from '../json.js';
import type { JsonObject } from '../json.js';
import type { KeyValue, Lookup, RequestFacts } from './request-keys.js';
import { issuerHost, providerArn, webIdentityAudiences } from './request-keys.js';
import type { RequestedSession, RoleSession } from './role-session.js';
import { requestTagKeys, sessionKeys } from './role-session.js';

export interface Hop {
  /** `assumeRole[0]` */
  readonly at: string;
  readonly roleArn: string | undefined;
  readonly externalId: string | undefined;
  readonly requested: RequestedSession;
  /** Claims that should become tags, and are not there. */
  readonly findings: readonly Finding[];
}

/** `given`: a role of the option. `roleArn`: that of the policy's file, where the option has none. */
export function hopOf(given: JsonObject, roleArn: string | undefined, at: string, claims: TokenClaims): Hop {
  const tags = new Map(entriesOf(member(given, 'tags')));
  const findings: Finding[] = [];
  for (const [key, claim] of entriesOf(member(given, 'tagsFromClaims'))) {
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
  return {
    at,
    roleArn: text(given, 'roleArn') ?? roleArn,
    externalId: text(given, 'externalId'),
    requested: {
      tags: Object.fromEntries(tags),
      transitiveKeys: textsOf(member(given, 'transitiveTagKeys')),
      sourceIdentity: text(given, 'sourceIdentity'),
    },
    findings,
  };
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
): RoleSession {
  const host = issuerHost(claims);
  const provider = providerArn(claims, roleArn);
  return {
    arn: roleArn,
    sessionName: roleSessionName,
    keys: {
      [`${host}:sub`]: textsOf(claims.sub),
      [`${host}:aud`]: webIdentityAudiences(claims),
      ...(provider === undefined ? {} : { 'aws:FederatedProvider': provider }),
    },
    passed: { tags: {}, sourceIdentity: undefined },
  };
}

/** The tags of a role, in the output of `aws iam get-role`; undefined for a trust policy alone, which does not say. */
export function roleTagsIn(value: unknown): ReadonlyMap<string, string> | undefined {
  const outer = isObject(value) ? value : {};
  const inner = member(outer, 'Role');
  const role = isObject(inner) ? inner : outer;
  if (member(role, 'AssumeRolePolicyDocument') === undefined) return undefined;
  const tags = listOf(member(role, 'Tags') ?? []).filter(isObject);
  return new Map(tags.map((tag) => [(text(tag, 'Key') ?? '').toLowerCase(), text(tag, 'Value') ?? '']));
}

/** Present only where the request sets them. */
const REQUESTED =
  /^(?:sts:externalid|(?:sts|aws):sourceidentity|sts:transitivetagkeys|aws:tagkeys|aws:requesttag\/.*)$/;

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
    return REQUESTED.test(name) || !/^(?:aws|sts|iam):/.test(name) ? 'absent' : 'unknown';
  };
}
