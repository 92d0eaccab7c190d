/** `:generateIdToken`, `:signBlob` and `:signJwt`: what a service account may sign, by keys a test can check with. */
import type { JWTPayload } from 'jose';
import { jsonObject } from '../../request-content.js';
import type { ServiceAnswer } from '../../service.js';
import { invalidArgument, jsonAnswer } from '../google-errors.js';
import type { MethodCall } from './call.js';
import { readMessage } from '../json-request.js';

const ID_TOKEN_SECONDS = 3600;
const LONGEST_JWT_SECONDS = 12 * 3600;

export async function generateIdToken(call: MethodCall): Promise<ServiceAnswer> {
  const message = readMessage(call.request, {
    audience: 'string',
    includeEmail: 'boolean',
    delegates: 'strings',
    organizationNumberIncluded: 'boolean',
    useEmailAzp: 'boolean',
  });
  const account = call.authorized('iam.serviceAccounts.getOpenIdToken', message.delegates);
  const { audience } = message;
  if (audience === undefined || audience === '') throw invalidArgument();
  const iat = Math.floor(call.now / 1000);
  const { jwt } = await call.keys.idTokens.jwt({
    aud: audience,
    azp: message.useEmailAzp === true ? account.email : account.uniqueId,
    ...(message.includeEmail === true ? { email: account.email, email_verified: true } : {}),
    exp: iat + ID_TOKEN_SECONDS,
    iat,
    iss: 'https://accounts.google.com',
    sub: account.uniqueId,
  });
  return jsonAnswer(200, { token: jwt });
}

export async function signBlob(call: MethodCall): Promise<ServiceAnswer> {
  const message = readMessage(call.request, { payload: 'string', delegates: 'strings' });
  const account = call.authorized('iam.serviceAccounts.signBlob', message.delegates);
  const payload = message.payload ?? '';
  // Google's JSON takes both alphabets of base64.
  if (payload === '' || !/^[\w+/-]*={0,2}$/.test(payload)) throw invalidArgument();
  const bytes = new Uint8Array(Buffer.from(payload, 'base64'));
  const { kid, signature } = await call.keys.ofServiceAccount(account.email).blob(bytes);
  return jsonAnswer(200, { keyId: kid, signedBlob: Buffer.from(signature).toString('base64') });
}

export async function signJwt(call: MethodCall): Promise<ServiceAnswer> {
  const message = readMessage(call.request, { payload: 'string', delegates: 'strings' });
  const account = call.authorized('iam.serviceAccounts.signJwt', message.delegates);
  const claims: JWTPayload | undefined = jsonObject(message.payload ?? '');
  if (claims === undefined) throw invalidArgument();
  const exp = claims['exp'];
  if (exp !== undefined && (typeof exp !== 'number' || exp > call.now / 1000 + LONGEST_JWT_SECONDS))
    throw invalidArgument("The 'exp' claim must be at most 12 hours in the future.");
  const { kid, jwt } = await call.keys.ofServiceAccount(account.email).jwt(claims);
  return jsonAnswer(200, { keyId: kid, signedJwt: jwt });
}
