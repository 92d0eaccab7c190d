/** Parses untrusted input: the responses of STS, and records of a shared store. */

import type { ExchangeResult, HttpResponse } from '@credex/core/internal';
import { ResponseError, ownCopy, parseJsonObject, serverDate, shown } from '@credex/core/internal';
import { parseXml } from './sts-xml.js';
import type { AwsConfiguration, AwsCredentials, AwsSessionCredentials } from './types.js';

/** The session that STS gives if the request has no duration. */
const DEFAULT_SECONDS = 3_600;
const WEB_IDENTITY = 'AssumeRoleWithWebIdentity';

/**
 * Parses a response of AssumeRoleWithWebIdentity or AssumeRole: XML, or JSON if something between here and STS asked for it.
 * @param subject the claim `sub` of the token that was sent
 * @throws ResponseError
 */
export function parseStsResponse(
  response: HttpResponse,
  configuration: AwsConfiguration,
  subject?: string,
  action: string = WEB_IDENTITY,
): ExchangeResult<AwsSessionCredentials> {
  if (response.status < 200 || response.status > 299) throw new ResponseError(response);
  const issued = parseStsResult(
    () => resultOf(response.body, action),
    configuration,
    subject,
    response,
    action,
  );
  return { ...issued, serverDate: serverDate(response.headers) };
}

/**
 * Parses the result of the operation. `Expiration` is a Date (the SDK), ISO 8601 text with any number of decimals (XML), or
 * epoch seconds (JSON).
 * @param response what an error carries
 * @throws ResponseError names the field, never its value
 */
export function parseStsResult(
  read: () => unknown,
  { roleArn, allowUnboundResponse, durationSeconds = DEFAULT_SECONDS }: AwsConfiguration,
  subject: string | undefined,
  response: HttpResponse = { status: 200, headers: {}, body: '' },
  action: string = WEB_IDENTITY,
): ExchangeResult<AwsSessionCredentials> {
  try {
    const fields = object(read(), `${action}Result`);
    const { Credentials, AssumedRoleUser } = fields;
    const credentials = object(Credentials, 'Credentials');
    const user = object(AssumedRoleUser, 'AssumedRoleUser');
    if (!allowUnboundResponse)
      assertRequested(roleArn, subject, user['Arn'], fields['SubjectFromWebIdentityToken']);
    const credential = {
      accessKeyId: text(credentials['AccessKeyId'], 'Credentials.AccessKeyId'),
      secretAccessKey: text(credentials['SecretAccessKey'], 'Credentials.SecretAccessKey'),
      sessionToken: text(credentials['SessionToken'], 'Credentials.SessionToken'),
      accountId: accountOf(user['Arn']),
      expiresAt: instant(credentials['Expiration']),
    };
    return { credential, maxLifetimeMs: durationSeconds * 1_000 };
  } catch (fault) {
    // What is thrown here are the sentences of this module and of the XML parser.
    throw new ResponseError(response, (fault as Error).message);
  }
}

/** What is in `AssumeRoleWithWebIdentityResult`; `undefined` if the body has none. */
function resultOf(body: string, action: string): unknown {
  const document = isJson(body) ? parseJsonObject(body) : parseXml(body);
  if (document === undefined) throw new TypeError('the body is not JSON');
  return member(member(document, `${action}Response`), `${action}Result`);
}

export function isJson(body: string): boolean {
  return /^\s*\{/.test(body);
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/**
 * @param roleArn The role whose account the credentials must be of. If omitted, the account is not checked.
 * @throws TypeError if the record of a shared store is not an AWS credential
 */
export function parseStoredAwsCredentials(record: unknown, roleArn?: string): AwsSessionCredentials {
  const fields = object(record, 'The record');
  const accountId = account(fields['accountId'], 'accountId');
  if (roleArn !== undefined && accountId !== roleArn.split(':')[4])
    throw new TypeError("accountId is not the role's account");
  return {
    accessKeyId: text(fields['accessKeyId'], 'accessKeyId'),
    secretAccessKey: text(fields['secretAccessKey'], 'secretAccessKey'),
    sessionToken: text(fields['sessionToken'], 'sessionToken'),
    accountId,
    expiresAt: plausible(fields['expiresAt'], 'expiresAt'),
  };
}

/** A new object for the caller, made from a cached record. */
export function awsCredentialsOf(record: AwsSessionCredentials): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken, accountId, expiresAt } = record;
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    accountId,
    expiresAt,
    expiration: new Date(expiresAt),
  };
}

/**
 * `arn:aws:iam::123456789012:role/path/name` has the session `arn:aws:sts::123456789012:assumed-role/name/session`:
 * partition, account and name must be those of the request, and the subject, where the response has one, that of the token.
 */
function assertRequested(
  roleArn: string,
  subject: string | undefined,
  arn: unknown,
  respondedFor: unknown,
): void {
  const field = 'AssumedRoleUser.Arn';
  const [, partition, , , account, path = ''] = roleArn.split(':');
  const role = `arn:${partition}:sts::${account}:assumed-role/${path.slice(path.lastIndexOf('/') + 1)}/`;
  const found = text(arn, field);
  // IAM has no two roles whose names differ in case alone.
  if (!found.toLowerCase().startsWith(role.toLowerCase()))
    throw new TypeError(`${field} is of ${roleOf(found)}, and ${roleArn} was requested`);
  if (respondedFor === undefined || subject === undefined || respondedFor === subject) return;
  throw new TypeError(`SubjectFromWebIdentityToken is not the token's sub ${shown(subject)}`);
}

/** The role of an ARN of a session. Anything else is not repeated: it may hold a secret. */
function roleOf(arn: string): string {
  const [role] = /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/[\w+=,.@-]{1,64}(?=\/)/.exec(arn) ?? [];
  return role === undefined ? 'no assumed role' : shown(role);
}

function object(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return ownCopy(value as Record<string, unknown>);
  throw new TypeError(`${field} is missing`);
}

function text(value: unknown, field: string): string {
  if (value === undefined || value === '') throw new TypeError(`${field} is missing`);
  // Printable ASCII: these become header values.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
    throw new TypeError(`${field} is not text of printable characters`);
  return value;
}

/** `arn:aws:sts::123456789012:assumed-role/name/session`: the fifth field. */
function accountOf(arn: unknown): string {
  const field = 'AssumedRoleUser.Arn';
  const parts = text(arn, field).split(':');
  if (parts[0] !== 'arn' || parts.length < 6) throw new TypeError(`${field} is not an ARN`);
  return account(parts[4], field);
}

function account(value: unknown, field: string): string {
  if (typeof value !== 'string' || !/^\d{12}$/.test(value))
    throw new TypeError(`${field} has no account of 12 digits`);
  return value;
}

const ISO_8601 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function instant(value: unknown): number {
  const field = 'Credentials.Expiration';
  if (value === undefined) throw new TypeError(`${field} is missing`);
  if (value instanceof Date) return plausible(value.getTime(), field);
  if (typeof value === 'number') return plausible(Math.floor(value * 1000), field);
  const parts = typeof value === 'string' ? ISO_8601.exec(value) : null;
  if (parts === null) throw new TypeError(`${field} is not a time`);
  // Engines agree on three decimals only; some services send nine.
  const [, seconds, decimals = '', zone] = parts;
  const milliseconds = `${decimals === '' ? '.' : decimals.slice(0, 4)}`.padEnd(4, '0');
  return plausible(Date.parse(`${seconds}${milliseconds}${zone}`), field);
}

/** Of this century: seconds taken for milliseconds, or the reverse, are not. How long it lasts is core's to judge. */
function plausible(value: unknown, field: string): number {
  if (typeof value !== 'number' || !(value > 978_307_200_000 && value < 4_102_444_800_000))
    throw new TypeError(`${field} is not a plausible time`);
  return value;
}
