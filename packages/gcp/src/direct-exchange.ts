/** The exchange as two POSTs with the same fields as google-auth-library sends. It needs no package. */

import type { SubjectToken } from '@credex/core';
import type { ExchangeContext, Exchanger, HttpResponse } from '@credex/core/internal';
import { ResponseError, serverDate } from '@credex/core/internal';
import type { GcpToken } from './gcp-exchanger.js';
import { gcpExchanger } from './gcp-exchanger.js';
import { iamCredentialsUrl, providerAudience, stsUrl } from './names.js';
import { CLOUD_PLATFORM_SCOPE } from './options.js';
import type { GcpStep } from './parse-token-response.js';
import {
  federatedExpiry,
  parseGenerateAccessTokenResponse,
  parseStsResponse,
} from './parse-token-response.js';
import type { GcpConfiguration, GcpCredentials, GcpRequest } from './types.js';

export function directExchanger(configuration: GcpConfiguration): Exchanger<GcpCredentials, GcpRequest> {
  return gcpExchanger(configuration, async (scopes, subject, context) => {
    const url = iamCredentialsUrl(configuration);
    if (url === undefined) return federated(configuration, scopes, subject, context);
    // The caller's scopes are for the service account's token; impersonation itself needs this scope.
    const { accessToken } = await federated(configuration, [CLOUD_PLATFORM_SCOPE], subject, context);
    return impersonated(configuration, url, accessToken, scopes, context);
  });
}

/** RFC 8693, section 2.1. */
export async function federated(
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
    // Counted from before the request, so that the lifetime is never too long.
    const requestedAt = configuration.clock.now();
    const response = successful('token-exchange', await context.post(url, { headers, body, signal }));
    const token = parseStsResponse(response);
    return { accessToken: token.accessToken, expiresAt: federatedExpiry(token, requestedAt, subjectEnd) };
  });
}

/** `projects.serviceAccounts.generateAccessToken` of the IAM Credentials API. */
async function impersonated(
  { delegates, lifetimeSeconds }: GcpConfiguration,
  url: URL,
  federatedToken: string,
  scope: readonly string[],
  context: ExchangeContext,
): Promise<GcpToken> {
  const lifetime = lifetimeSeconds === undefined ? undefined : `${lifetimeSeconds}s`;
  return context.step(url.host, async (signal) => {
    const request = bearerRequest(federatedToken, { delegates, scope, lifetime }, signal);
    const response = successful('impersonation', await context.post(url, request));
    const { accessToken, expireTime } = parseGenerateAccessTokenResponse(response);
    return { accessToken, expiresAt: expireTime, serverDate: serverDate(response.headers) };
  });
}

/** A request to the IAM Credentials API. Fields that are `undefined` are left out. */
export function bearerRequest(
  token: string,
  fields: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Parameters<ExchangeContext['post']>[1] {
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
  };
  return { headers, body: JSON.stringify(fields), signal };
}

export function successful(step: GcpStep, response: HttpResponse): HttpResponse {
  if (response.status < 200 || response.status > 299) throw new ResponseError(response, undefined, step);
  return response;
}
