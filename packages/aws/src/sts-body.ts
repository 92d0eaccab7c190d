/** The body of a good answer, down to the members of the result: XML, or JSON where something on the way asked for it. */

import { parseJson } from '@credex/core/internal';
import { UnreadableAnswer } from './parse-sts-response.js';
import { parseXml } from './sts-xml.js';

/**
 * What stands in `AssumeRoleWithWebIdentityResult`; unknown until `parseStsResponse` has read it.
 * @throws UnreadableAnswer
 */
export function stsResultOf(body: string): unknown {
  const answer = member(isJson(body) ? json(body) : parseXml(body), 'AssumeRoleWithWebIdentityResponse');
  return member(answer, 'AssumeRoleWithWebIdentityResult');
}

export function isJson(body: string): boolean {
  return /^\s*\{/.test(body);
}

function json(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    throw new UnreadableAnswer('The body', 'is not JSON');
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
