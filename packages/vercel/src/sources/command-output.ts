/**
 * Parses the output of a program that prints a token: the JWT alone, or JSON in the format of Google's
 * executable-sourced credentials (AIP-4117): `{ version: 1, success: true, token_type, id_token, expiration_time }`.
 */

import type { Credential } from '@credex/core';
import { FederationError } from '@credex/core';
import { parseJson, rememberedSubjectToken } from '@credex/core/driver';

export interface CommandToken extends Credential {
  readonly jwt: string;
}

const TOKEN_TYPES: readonly unknown[] = [
  'urn:ietf:params:oauth:token-type:jwt',
  'urn:ietf:params:oauth:token-type:id_token',
];

/** @throws FederationError `invalid_response` or `invalid_subject_token`; `unknown` if the program reports a failure. */
export function parseCommandOutput(output: string): CommandToken {
  const text = output.trim();
  if (!text.startsWith('{')) return tokenOf(text, undefined);
  const { version, success, code, message, token_type, id_token, expiration_time } = parse(text);
  if (version !== 1) throw unclear('its `version` is not 1');
  if (success === false) throw reportedFailure(code, message);
  if (success !== true) throw unclear('its `success` is neither true nor false');
  if (!TOKEN_TYPES.includes(token_type))
    throw unclear('its `token_type` is not that of a JWT or an ID token');
  if (typeof id_token !== 'string') throw unclear('it has no `id_token`');
  if (expiration_time !== undefined && !(typeof expiration_time === 'number' && expiration_time > 0))
    throw unclear('its `expiration_time` is not in epoch seconds');
  return tokenOf(id_token, expiration_time);
}

function tokenOf(jwt: string, expirationTime: number | undefined): CommandToken {
  let expiresAt: number;
  try {
    ({ expiresAt } = rememberedSubjectToken(jwt));
  } catch {
    throw new FederationError({
      code: 'invalid_subject_token',
      provider: 'command',
      message: 'The output of the program is not a readable JWT with an `exp` claim.',
      hint: 'Make the program print only the token to standard output. Messages belong on standard error.',
    });
  }
  return { jwt, expiresAt: Math.min(expiresAt, (expirationTime ?? Infinity) * 1000) };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return parseJson(text) as Record<string, unknown>;
  } catch {
    throw unclear('it is not JSON');
  }
}

function unclear(why: string): FederationError {
  return new FederationError({
    code: 'invalid_response',
    provider: 'command',
    message: `The output of the program could not be parsed: ${why}.`,
    hint: "Make the program print a JWT, or JSON in the format of Google Cloud's executable-sourced credentials.",
  });
}

function reportedFailure(code: unknown, message: unknown): FederationError {
  return new FederationError({
    code: 'unknown',
    provider: 'command',
    message: 'The program reported a failure.',
    serverCode: typeof code === 'string' ? code : undefined,
    serverMessage: typeof message === 'string' ? message : undefined,
  });
}
