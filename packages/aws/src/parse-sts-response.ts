/** What STS answers, parsed as unknown: the members of its result, and records that a store gives back. */

import { cleanServerText, ownCopy, shown } from '@credex/core/internal';
import type { AwsSessionCredentials } from './types.js';

/** An answer of HTTP 200 that isn't a credential. Names the field, never its value. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
  readonly field: string;

  constructor(field: string, says: string) {
    super(`${field} ${says}.`);
    this.field = field;
  }

  /** Compares the name: the error classifier is loaded separately, with a copy of this class. */
  static isInstance(error: unknown): error is UnreadableAnswer {
    return error instanceof Error && error.name === 'UnreadableAnswer';
  }
}

/** The session that was requested: what a response must be about. */
export interface RequestedSession {
  readonly roleArn: string;
  /** The claim `sub` of the token that was sent. */
  readonly subject: string | undefined;
}

/**
 * The members of AssumeRoleWithWebIdentity's result that credex keeps. `Expiration` is a Date (the SDK), ISO 8601
 * text with any number of decimals (XML), or epoch seconds (JSON).
 * @param requested left out: a response about any role is accepted
 * @throws UnreadableAnswer
 */
export function parseStsResponse(result: unknown, requested?: RequestedSession): AwsSessionCredentials {
  const fields = object(result, 'AssumeRoleWithWebIdentityResult');
  const { Credentials, AssumedRoleUser } = fields;
  const credentials = object(Credentials, 'Credentials');
  const user = object(AssumedRoleUser, 'AssumedRoleUser');
  if (requested !== undefined) assertRequested(requested, user['Arn'], fields['SubjectFromWebIdentityToken']);
  return {
    accessKeyId: text(credentials['AccessKeyId'], 'Credentials.AccessKeyId'),
    secretAccessKey: text(credentials['SecretAccessKey'], 'Credentials.SecretAccessKey'),
    sessionToken: text(credentials['SessionToken'], 'Credentials.SessionToken'),
    accountId: accountOf(user['Arn']),
    expiresAt: instant(credentials['Expiration']),
  };
}

/**
 * `arn:aws:iam::123456789012:role/path/name` is answered with `arn:aws:sts::123456789012:assumed-role/name/session`:
 * partition, account and name must be those of the request, and the subject, where the response has one, that of the token.
 */
function assertRequested({ roleArn, subject }: RequestedSession, arn: unknown, answeredFor: unknown): void {
  const field = 'AssumedRoleUser.Arn';
  const [, partition, , , account, path = ''] = roleArn.split(':');
  const role = `arn:${partition}:sts::${account}:assumed-role/${path.slice(path.lastIndexOf('/') + 1)}/`;
  const found = text(arn, field);
  // IAM has no two roles whose names differ in case alone.
  if (!found.toLowerCase().startsWith(role.toLowerCase()))
    throw new UnreadableAnswer(field, `is of ${roleOf(found)}, and ${roleArn} was requested`);
  if (answeredFor === undefined || subject === undefined || answeredFor === subject) return;
  throw new UnreadableAnswer('SubjectFromWebIdentityToken', `is not the token's sub ${shown(subject)}`);
}

/** The role of an ARN of a session. Anything else is not repeated: it may hold a secret. */
function roleOf(arn: string): string {
  const [role] = /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/[\w+=,.@-]{1,64}(?=\/)/.exec(arn) ?? [];
  return role === undefined ? 'no assumed role' : cleanServerText(role);
}

/**
 * A record of a shared store: untrusted, as a response is.
 * @param roleArn The role whose account the credentials must be of. Left out: any account.
 * @throws UnreadableAnswer
 */
export function parseStoredAwsRecord(record: unknown, roleArn?: string): AwsSessionCredentials {
  const fields = object(record, 'record');
  const accountId = account(fields['accountId'], 'accountId');
  if (roleArn !== undefined && accountId !== roleArn.split(':')[4])
    throw new UnreadableAnswer('accountId', "is not the role's account");
  return {
    accessKeyId: text(fields['accessKeyId'], 'accessKeyId'),
    secretAccessKey: text(fields['secretAccessKey'], 'secretAccessKey'),
    sessionToken: text(fields['sessionToken'], 'sessionToken'),
    accountId,
    expiresAt: plausible(fields['expiresAt'], 'expiresAt'),
  };
}

function object(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return ownCopy(value as Record<string, unknown>);
  throw new UnreadableAnswer(field, 'is missing');
}

function text(value: unknown, field: string): string {
  if (value === undefined || value === '') throw new UnreadableAnswer(field, 'is missing');
  // Printable ASCII: these become header values.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
    throw new UnreadableAnswer(field, 'is not text of printable characters');
  return value;
}

/** `arn:aws:sts::123456789012:assumed-role/name/session`: the fifth field. */
function accountOf(arn: unknown): string {
  const field = 'AssumedRoleUser.Arn';
  const parts = text(arn, field).split(':');
  if (parts[0] !== 'arn' || parts.length < 6) throw new UnreadableAnswer(field, 'is not an ARN');
  return account(parts[4], field);
}

function account(value: unknown, field: string): string {
  if (typeof value !== 'string' || !/^\d{12}$/.test(value))
    throw new UnreadableAnswer(field, 'has no account of 12 digits');
  return value;
}

const ISO_8601 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function instant(value: unknown): number {
  const field = 'Credentials.Expiration';
  if (value === undefined) throw new UnreadableAnswer(field, 'is missing');
  if (value instanceof Date) return plausible(value.getTime(), field);
  if (typeof value === 'number') return plausible(Math.floor(value * 1000), field);
  const parts = typeof value === 'string' ? ISO_8601.exec(value) : null;
  if (parts === null) throw new UnreadableAnswer(field, 'is not a time');
  // Engines agree on three decimals only; some services send nine.
  const [, seconds, decimals = '', zone] = parts;
  const milliseconds = `${decimals === '' ? '.' : decimals.slice(0, 4)}`.padEnd(4, '0');
  return plausible(Date.parse(`${seconds}${milliseconds}${zone}`), field);
}

/** Of this century: seconds taken for milliseconds, or the reverse, are not. How long it lasts is core's to judge. */
function plausible(value: unknown, field: string): number {
  if (typeof value !== 'number' || !(value > 978_307_200_000 && value < 4_102_444_800_000))
    throw new UnreadableAnswer(field, 'is not a plausible time');
  return value;
}
