/** `:generateIdToken`, `:signBlob` and `:signJwt`: what a service account may sign, by keys a test can check with. */
import type { JWTPayload } from 'jose';
import { jsonObject } from '../../request-content.js';
import type { ServiceAnswer, ServiceRequest } from '../../service.js';
import { invalidArgument, jsonAnswer, type Notes } from '../google-errors.js';
import { isoSeconds } from '../../runtime.js';
import { CLOUD_PLATFORM, isKnownScope, type AccessTokens } from '../access-tokens.js';
import type { ServiceAccount } from '../directory.js';
import type { Permission } from '../roles.js';
import type { SigningKeys } from '../signing-keys.js';

// A JSON body judged as Google's protobuf front end does: by the fields of the message, nothing else.

type FieldType = 'string' | 'boolean' | 'strings';
type ValueOf<T extends FieldType> = T extends 'string'
  ? string
  : T extends 'boolean'
    ? boolean
    : readonly string[];
type Message<F extends Readonly<Record<string, FieldType>>> = { readonly [K in keyof F]?: ValueOf<F[K]> };

function readMessage<const F extends Readonly<Record<string, FieldType>>>(
  { body }: ServiceRequest,
  fields: F,
): Message<F> {
  const message = body.byteLength === 0 ? {} : jsonObject(body);
  if (message === undefined) throw invalidArgument('Invalid JSON payload received. Unexpected token.');
  for (const [name, value] of Object.entries(message)) {
    const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (type === undefined)
      throw invalidArgument(`Invalid JSON payload received. Unknown name "${name}": Cannot find field.`);
    // protobuf's JSON mapping: null is a field that was left out (gcloud sends `delegates: null`).
    if (value === null) continue;
    if (!isOf(type, value))
      throw invalidArgument(`Invalid value at '${name}' (${type === 'strings' ? 'repeated string' : type})`);
  }
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null)) as Message<F>;
}

function isOf(type: FieldType, value: unknown): boolean {
  if (type === 'strings') return Array.isArray(value) && value.every((one) => typeof one === 'string');
  return typeof value === type;
}

// `:generateAccessToken`. https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken

const HOUR = 3600;

export function generateAccessToken(call: MethodCall): ServiceAnswer {
  const message = readMessage(call.request, { scope: 'strings', lifetime: 'string', delegates: 'strings' });
  const account = call.authorized('iam.serviceAccounts.getAccessToken', message.delegates);
  const scopes = scopesOf(message.scope ?? []);
  call.notes['scopes'] = scopes.join(' ');
  const seconds = secondsOf(message.lifetime ?? `${HOUR}s`);
  if (seconds <= 0) throw invalidArgument('Lifetime of access token must be larger then zero.');
  if (seconds > HOUR && !account.allowExtendedLifetime)
    throw invalidArgument(
      `Access tokens for service account ${account.email} can not have lifetimes of more than 1 hour. Use the Org Policy Constraint constraints/iam.allowServiceAccountCredentialLifetimeExtension to allow up to 12 hours.`,
    );
  if (seconds > 12 * HOUR)
    throw invalidArgument(
      `Access tokens for service account ${account.email} can not have lifetimes of more than 12 hours.`,
    );
  // The answer tells whole seconds: the token must not end after it says, nor before.
  const expiresAt = Math.floor(call.now / 1000 + seconds) * 1000;
  return jsonAnswer(200, {
    accessToken: call.tokens.issue({
      principal: { kind: 'service-account', email: account.email },
      scopes,
      expiresAt,
    }),
    expireTime: isoSeconds(expiresAt),
  });
}

function scopesOf(wanted: readonly string[]): readonly string[] {
  // One empty string stands for the default; an empty list stands for nothing and is refused.
  if (wanted.length === 1 && wanted[0] === '') return [CLOUD_PLATFORM];
  if (wanted.length === 0 || !wanted.every(isKnownScope)) throw invalidArgument();
  return wanted;
}

/** google.protobuf.Duration as JSON. */
function secondsOf(duration: string): number {
  if (!/^-?\d+(?:\.\d{1,9})?s$/.test(duration))
    throw invalidArgument(
      "Invalid value at 'lifetime' (type.googleapis.com/google.protobuf.Duration), Field 'lifetime', Illegal duration format; duration must end with 's'",
    );
  return Number(duration.slice(0, -1));
}

/** What a method of the IAM Credentials API needs, once its caller is known. */
export interface MethodCall {
  readonly request: ServiceRequest;
  /** Epoch milliseconds, once for the whole request. */
  readonly now: number;
  readonly tokens: AccessTokens;
  readonly keys: SigningKeys;
  readonly notes: Notes;
  /** The target, where the caller (through its delegates, if any) has the permission on it; else a refusal. */
  authorized(permission: Permission, delegates: readonly string[] | undefined): ServiceAccount;
}

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
