/** The driver of ID tokens: the token exchange, then `generateIdToken` of IAM Credentials. */

import type { SubjectToken } from '@credex/core';
import type { ExchangeContext, Exchanger, HttpResponse } from '@credex/core/internal';
import { ResponseError, parseJsonObject, serverDate } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';
import { bearerRequest, federated, successful } from './direct-exchange.js';
import { withNewFederatedToken } from './gcp-exchanger.js';
import { iamCredentialsUrl } from './names.js';
import { CLOUD_PLATFORM_SCOPE } from './options.js';
import type { GcpConfiguration, GcpIdToken, GcpIdTokenRequest } from './types.js';

/** The validated options of an ID token. */
export interface IdTokenConfiguration extends GcpConfiguration {
  readonly serviceAccountEmail: string;
  readonly targetAudience: string;
  readonly includeEmail: boolean;
}

/** Google issues ID tokens for one hour. */
const LIFETIME_MS = 3_600_000;

export function idTokenExchanger(
  configuration: IdTokenConfiguration,
): Exchanger<GcpIdToken, Partial<GcpIdTokenRequest>> {
  const { serviceAccountEmail, includeEmail, delegates } = configuration;
  const audienceOf = ({ targetAudience }: Partial<GcpIdTokenRequest>): string =>
    targetAudience ?? configuration.targetAudience;

  return {
    specificationVersion: 'v1',
    provider: 'gcp',
    cacheKeyFields: (request) => ({
      kind: 'id-token',
      universeDomain: configuration.universeDomain,
      stsEndpoint: configuration.stsEndpoint,
      projectNumber: configuration.projectNumber,
      workloadIdentityPoolId: configuration.workloadIdentityPoolId,
      workloadIdentityPoolProviderId: configuration.workloadIdentityPoolProviderId,
      iamCredentialsEndpoint: configuration.iamCredentialsEndpoint,
      serviceAccountEmail,
      delegates: delegates ?? [],
      targetAudience: audienceOf(request),
      includeEmail,
    }),
    async exchange(request, context) {
      const subject = await context.subject();
      const generated = await withNewFederatedToken(() =>
        generateIdToken(configuration, audienceOf(request), subject, context),
      );
      return { ...generated, maxLifetimeMs: LIFETIME_MS };
    },
    parseStored: (record) => parseStoredIdToken(record, serviceAccountEmail),
    // The classifier is loaded with the first failure.
    async classify(error, presented) {
      const { classifyGcpError } = await import('./classify-gcp-error.js');
      return classifyGcpError(error, presented, configuration);
    },
  };
}

/** `projects.serviceAccounts.generateIdToken` of the IAM Credentials API. */
async function generateIdToken(
  configuration: IdTokenConfiguration,
  audience: string,
  subject: SubjectToken,
  context: ExchangeContext,
): Promise<{ readonly credential: GcpIdToken; readonly serverDate: number | undefined }> {
  const { serviceAccountEmail, includeEmail, delegates } = configuration;
  const { accessToken } = await federated(configuration, [CLOUD_PLATFORM_SCOPE], subject, context);
  const url = iamCredentialsUrl(configuration, 'generateIdToken') as URL;
  // google-auth-library asks for both or for none of the two claims.
  const fields = { delegates, audience, includeEmail, useEmailAzp: includeEmail };
  return context.step(url.host, async (signal) => {
    const request = bearerRequest(accessToken, fields, signal);
    const response = successful('id-token', await context.post(url, request));
    const token = parseGenerateIdTokenResponse(response, audience);
    return {
      credential: credentialOf(token, serviceAccountEmail),
      serverDate: serverDate(response.headers),
    };
  });
}

interface IdToken {
  readonly idToken: string;
  /** Epoch milliseconds, from `exp`. */
  readonly expiresAt: number;
}

function credentialOf({ idToken, expiresAt }: IdToken, principal: string): GcpIdToken {
  return Object.freeze({ idToken, expiresAt, principal });
}

/** @throws ResponseError */
function parseGenerateIdTokenResponse(response: HttpResponse, audience: string): IdToken {
  const refuse = (fault: string): never => {
    throw new ResponseError(response, `it ${fault}`, 'id-token');
  };
  const fields = parseJsonObject(response.body) ?? refuse('is not a JSON object');
  const token = decoded(fields['token']) ?? refuse('has no token that is a JWT with an expiry time');
  if (token.audience !== audience) return refuse('has a token for another audience');
  return token;
}

/** Reads a JWT without verifying it: the service that receives it verifies it. */
function decoded(jwt: unknown): (IdToken & { readonly audience: unknown }) | undefined {
  try {
    const { jwt: idToken, expiresAt, claims } = readSubjectToken(jwt);
    return { idToken, expiresAt, audience: claims.aud };
  } catch {
    return undefined;
  }
}

/** @throws TypeError if the record of a shared store is not an ID token of the service account */
function parseStoredIdToken(record: unknown, serviceAccountEmail: string): GcpIdToken {
  const { idToken, expiresAt, principal } = (record ?? {}) as Partial<Record<string, unknown>>;
  const token = decoded(idToken);
  if (token === undefined || token.expiresAt !== expiresAt || principal !== serviceAccountEmail)
    throw new TypeError('The record is not an ID token of the service account.');
  return credentialOf(token, serviceAccountEmail);
}

/** A new object for the caller, made from a cached record. */
export function idTokenCredentialsOf({ idToken, expiresAt, principal }: GcpIdToken): GcpIdToken {
  return { idToken, expiresAt, principal };
}
