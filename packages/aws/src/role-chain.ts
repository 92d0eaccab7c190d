/** A chain of roles: each session signs the AssumeRole request of the next one. Loaded with the first call that needs it. */

import { FederationError, OptionError } from '@credex/core';
import type { ExchangeContext, ExchangeResult, SourcedContext } from '@credex/core/internal';
import { ResponseError, createCredentialProvider, serverDate, systemClock } from '@credex/core/internal';
import type { CheckedHop } from './check-hops.js';
import { TAG_VALUE, checkedHops } from './check-hops.js';
import { chainExchanger } from './aws-exchanger.js';
import type { AwsHop, AwsHopRequest, AwsRequest, AwsSessionCredentials, RoleChain } from './types.js';
import { FORM, encodedForm, stsUrl } from './direct-exchange.js';
import { parseStsResponse } from './parse-sts-response.js';
import { signedHeaders } from './sigv4.js';

type Issued = ExchangeResult<AwsSessionCredentials>;

/** @throws OptionError for a hop that is not valid, before any request */
export async function exchangeLastHop(
  chain: RoleChain,
  request: AwsRequest,
  context: SourcedContext,
): Promise<Issued> {
  const hops = checkedHops(chain.hops, chain.configuration);
  assertDetermined(hops, context);
  const send = sender(chain);
  const claims = chain.claims ?? (await claimsFor(hops, context));
  const hop = hopOf(chain, hops.at(-1) as CheckedHop, claims);
  const { clock = systemClock } = chain.options;
  const caller = callerProvider(chain, claims, context);
  const session = (): Promise<AwsSessionCredentials> =>
    caller.getCredentials({ request, signal: context.signal });
  const assume = (keys: AwsSessionCredentials): Promise<Issued> =>
    send({ ...request, hop, keys, at: clock.now() }, context);

  const keys = await session();
  try {
    return await assume(keys);
  } catch (error) {
    // A cached session that STS no longer accepts, such as one of a role that was created again, is replaced once.
    if (!isSessionRefused(error)) throw error;
    caller.invalidate(keys);
    const newer = await session();
    if (newer.accessKeyId === keys.accessKeyId) throw error;
    return assume(newer);
  }
}

/** The claims that the identity key of a deployment determines. */
const DETERMINED = /^(?:project|owner)(?:_id)?$|^environment$/;

/** A credential whose tags come from another claim must not be served for another token of the same identity. */
function assertDetermined(hops: readonly CheckedHop[], context: SourcedContext): void {
  const other = hops.flatMap(({ claims }) => claims).find(([, claim]) => !DETERMINED.test(claim))?.[1];
  if (other === undefined || context.source.capture().identityKey === undefined) return;
  throw new OptionError(
    'conflicting_options',
    'tagsFromClaims',
    undefined,
    `\`tagsFromClaims\` names the claim \`${other}\`, which may differ between tokens of one deployment. Use project, ` +
      'project_id, environment, owner or owner_id, or pass a function as `tokenSource`: then the whole token is the identity.',
  );
}

/** The provider of the session that signs: that of the hop before, or that of the subject token, as its own cache entry. */
function callerProvider(
  chain: RoleChain,
  claims: Readonly<Record<string, string>> | undefined,
  context: SourcedContext,
): ReturnType<typeof createCredentialProvider<AwsSessionCredentials, AwsRequest>> {
  const { base, hops, options } = chain;
  const isFirst = hops.length === 1;
  const ofBase = claims === undefined ? base : ofClaims(base, claims);
  const exchanger = isFirst ? ofBase : chainExchanger({ ...chain, hops: hops.slice(0, -1), claims });
  // A demand of the caller is for the last session.
  return createCredentialProvider(exchanger, {
    ...options,
    source: context.source,
    minValidityMs: undefined,
  });
}

/** STS verifies a token with these claims for the session, before they become tags: no other token is presented. */
function ofClaims(base: RoleChain['base'], claims: Readonly<Record<string, string>>): RoleChain['base'] {
  return {
    ...base,
    cacheKeyFields: (request) => ({ ...base.cacheKeyFields(request), claims }),
    exchange: (request, context) =>
      base.exchange(request, {
        ...context,
        async subject() {
          const token = await context.subject();
          for (const [name, value] of Object.entries(claims)) {
            const presented = Object.hasOwn(token.claims, name) ? token.claims[name] : undefined;
            if (presented !== value) throw otherClaim(name);
          }
          return token;
        },
      }),
  };
}

function otherClaim(name: string): FederationError {
  return new FederationError({
    code: 'no_fresher_token',
    provider: 'aws',
    message: `The token source returned a token whose claim \`${name}\` differs from the one that becomes a session tag.`,
    hint: 'Call again: the next call reads one token for both.',
  });
}

function sender({ factory }: RoleChain): typeof assumeRole {
  if (factory === undefined) return assumeRole;
  if (typeof factory.assumeRole === 'function') return factory.assumeRole;
  throw new OptionError(
    'conflicting_options',
    'assumeRole',
    undefined,
    '`assumeRole` needs an `exchanger` that makes AssumeRole requests. Leave `exchanger` out, or pass `clientStsExchanger()`; ' +
      'with your own client, pass it `clientFor` as well.',
  );
}

function hopOf(
  { configuration }: RoleChain,
  { claims: fromClaims, tags, ...hop }: CheckedHop,
  claims: Readonly<Record<string, string>> = {},
): AwsHop {
  const claimed = fromClaims.map(([key, claim]) => [key, claims[claim] ?? ''] as const);
  return { ...configuration, ...hop, tags: [...tags, ...claimed] };
}

/** The claims that become tags, of the token of this exchange; `undefined` where none do: then no token is read. */
async function claimsFor(
  hops: readonly CheckedHop[],
  context: SourcedContext,
): Promise<Readonly<Record<string, string>> | undefined> {
  const names = [...new Set(hops.flatMap(({ claims }) => claims.map(([, claim]) => claim)))].sort();
  if (names.length === 0) return undefined;
  const { claims } = await context.subject();
  return Object.fromEntries(
    names.map((name) => {
      const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
      if (typeof value === 'string' && TAG_VALUE.pattern.test(value)) return [name, value];
      throw new FederationError({
        code: 'invalid_subject_token',
        provider: 'aws',
        message: `The claim \`${name}\` of the token cannot be the value of a session tag.`,
        hint: `\`tagsFromClaims\` needs a claim that is ${TAG_VALUE.says}. Use another claim, or write the value in \`tags\`.`,
      });
    }),
  );
}

function isSessionRefused(error: unknown): boolean {
  return (
    ResponseError.isInstance(error) &&
    /<Code>(?:ExpiredToken|InvalidClientTokenId)|"Code":"(?:ExpiredToken|InvalidClientTokenId)/.test(
      error.response.body,
    )
  );
}

// AssumeRole as one signed POST with the same fields as `@aws-sdk/client-sts` sends. It needs no package.

/** STS accepts a signature whose time is off by less than this. */
const TOLERANCE_MS = 4 * 60_000;

async function assumeRole(
  { hop, region, keys, at }: AwsHopRequest,
  context: ExchangeContext,
): Promise<ExchangeResult<AwsSessionCredentials>> {
  const url = stsUrl(hop, region);
  const body = formOf(hop);
  const send = async (
    signedAt: number,
    signal: AbortSignal,
  ): Promise<ExchangeResult<AwsSessionCredentials>> => {
    const headers = await signedHeaders(url.host, FORM, body, keys, { region, service: 'sts', at: signedAt });
    return parseStsResponse(await context.post(url, { headers, body, signal }), hop, undefined, 'AssumeRole');
  };
  return context.step(url.host, async (signal) => {
    try {
      return await send(at, signal);
    } catch (error) {
      // The clock of this machine is wrong: the response says the time.
      const date = dateOfRefusal(error);
      if (date === undefined || Math.abs(date - at) < TOLERANCE_MS) throw error;
      return send(date, signal);
    }
  });
}

/** The server's clock, where it refused the time of the signature. */
function dateOfRefusal(error: unknown): number | undefined {
  if (!ResponseError.isInstance(error) || !error.response.body.includes('SignatureDoesNotMatch'))
    return undefined;
  return serverDate(error.response.headers);
}

/** In the order in which the AWS SDK writes it. */
function formOf(hop: AwsHop): string {
  const optional = (name: string, value: string | number | undefined): (readonly [string, string])[] =>
    value === undefined ? [] : [[name, String(value)]];
  return encodedForm([
    ['Action', 'AssumeRole'],
    ['Version', '2011-06-15'],
    ['RoleArn', hop.roleArn],
    ['RoleSessionName', hop.roleSessionName],
    ...hop.policyArns.map((arn, at): [string, string] => [`PolicyArns.member.${at + 1}.arn`, arn]),
    ...optional('Policy', hop.policy),
    ...optional('DurationSeconds', hop.durationSeconds),
    ...hop.tags.flatMap(([key, value], at): [string, string][] => [
      [`Tags.member.${at + 1}.Key`, key],
      [`Tags.member.${at + 1}.Value`, value],
    ]),
    ...hop.transitiveTagKeys.map((key, at): [string, string] => [`TransitiveTagKeys.member.${at + 1}`, key]),
    ...optional('ExternalId', hop.externalId),
    ...optional('SourceIdentity', hop.sourceIdentity),
  ]);
}
