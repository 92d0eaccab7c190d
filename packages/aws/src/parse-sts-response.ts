/** What STS answers, parsed as unknown: the members of its result, and records that a store gives back. */

import { ownCopy } from '@credex/core/driver';
import type { AwsSessionCredentials } from './aws-credentials.js';

/** An answer of HTTP 200 that isn't a credential. Names the field, never its value. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
  readonly field: string;

  constructor(field: string, says: string) {
    super(`${field} ${says}.`);
    this.field = field;
  }

  /** By name: what reads errors is loaded apart, with a copy of this class. */
  static isInstance(error: unknown): error is UnreadableAnswer {
    return error instanceof Error && error.name === 'UnreadableAnswer';
  }
}

/**
 * The members of AssumeRoleWithWebIdentity's result that credex keeps. `Expiration` is a Date (the SDK), ISO 8601
 * text with any number of decimals (XML), or epoch seconds (JSON).
 * @throws UnreadableAnswer
 */
export function parseStsResponse(result: unknown): AwsSessionCredentials {
  const { Credentials, AssumedRoleUser } = object(result, 'AssumeRoleWithWebIdentityResult');
  const credentials = object(Credentials, 'Credentials');
  const user = object(AssumedRoleUser, 'AssumedRoleUser');
  return {
    accessKeyId: text(credentials['AccessKeyId'], 'Credentials.AccessKeyId'),
    secretAccessKey: text(credentials['SecretAccessKey'], 'Credentials.SecretAccessKey'),
    sessionToken: text(credentials['SessionToken'], 'Credentials.SessionToken'),
    accountId: accountOf(user['Arn']),
    expiresAt: instant(credentials['Expiration']),
  };
}

/**
 * A record out of a shared store: untrusted, as an answer is.
 * @throws UnreadableAnswer
 */
export function reviveAwsRecord(record: unknown): AwsSessionCredentials {
  const held = object(record, 'record');
  return {
    accessKeyId: text(held['accessKeyId'], 'accessKeyId'),
    secretAccessKey: text(held['secretAccessKey'], 'secretAccessKey'),
    sessionToken: text(held['sessionToken'], 'sessionToken'),
    accountId: account(held['accountId'], 'accountId'),
    expiresAt: plausible(held['expiresAt'], 'expiresAt'),
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
