/** The exchange by two POSTs of our own, in the words of google-auth-library: no package, nothing to load. */

import type { SubjectToken } from '@credex/core';
import type { ExchangeContext, Exchanger, HttpAnswer } from '@credex/core/driver';
import { serverDate } from '@credex/core/driver';
import type { GcpStep } from './gcp-answer-error.js';
import { GcpAnswerError } from './gcp-answer-error.js';
import type { GcpCredentials, GcpRequest, GcpToken } from './gcp-exchanger.js';
import { gcpExchanger } from './gcp-exchanger.js';
import { generateAccessTokenUrl, providerAudience, stsUrl } from './gcp-names.js';
import type { GcpConfiguration } from './gcp-options.js';
import { CLOUD_PLATFORM_SCOPE } from './gcp-options.js';
import { federatedEnd, parseGenerateAccessTokenResponse, parseStsResponse } from './parse-token-response.js';

export function directExchanger(configuration: GcpConfiguration): Exchanger<GcpCredentials, GcpRequest> {
  return gcpExchanger(configuration, async (scopes, subject, context) => {
    const url = generateAccessTokenUrl(configuration);
    if (url === undefined) return federated(configuration, scopes, subject, context);
    // The caller's scopes are for the service account's token; to ask for that takes this one.
    const { accessToken } = await federated(configuration, [CLOUD_PLATFORM_SCOPE], subject, context);
    return impersonated(configuration, url, accessToken, scopes, context);
  });
}

/** RFC 8693, section 2.1. */
async function federated(
  configuration: GcpConfiguration,
  scopes: readonly string[],
  { jwt, expiresAt: subjectEnd }: SubjectToken,
  context: ExchangeContext,
): Promise<GcpToken> {
  const url = stsUrl(configuration);
  const headers = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
  };
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: providerAudience(configuration),
    scope: scopes.join(' '),
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: jwt,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  }).toString();
  return context.step(url.host, async (signal) => {
    // Counted from before the request: the lifetime may only come out too short.
    const askedAt = configuration.clock.now();
    const answer = good('token-exchange', await context.post(url, { headers, body, signal }));
    const token = parseStsResponse(answer);
    return { accessToken: token.accessToken, expiresAt: federatedEnd(token, askedAt, subjectEnd) };
  });
}

/** `projects.serviceAccounts.generateAccessToken` of the IAM Credentials API. */
async function impersonated(
  { lifetimeSeconds }: GcpConfiguration,
  url: URL,
  federatedToken: string,
  scopes: readonly string[],
  context: ExchangeContext,
): Promise<GcpToken> {
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: `Bearer ${federatedToken}`,
  };
  const lifetime = lifetimeSeconds === undefined ? undefined : `${lifetimeSeconds}s`;
  const body = JSON.stringify({ scope: scopes, lifetime });
  return context.step(url.host, async (signal) => {
    const answer = good('impersonation', await context.post(url, { headers, body, signal }));
    const { accessToken, expireTime } = parseGenerateAccessTokenResponse(answer);
    return { accessToken, expiresAt: expireTime, serverDate: serverDate(answer.headers) };
  });
}

function good(step: GcpStep, answer: HttpAnswer): HttpAnswer {
  if (answer.status < 200 || answer.status > 299) throw new GcpAnswerError(step, answer);
  return answer;
}
