/** Session tags and the source identity that an AssumeRole request asks for, and those that its caller passes on. */

import type { Passed, RequestedSession } from '@credex/explain/internal';
import type { Caller } from '../sessions.js';
import type { Constraints } from './parameters.js';
import { members } from './parameters.js';
import { refuse, validationError } from './responses.js';

const TAG_PATTERN = String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]`;
const MOST_TAGS = 50;

/** Reads what the request asks for. Its form is added to the constraints; what contradicts itself is judged by `assertPossible`. */
export function requestedSession(form: URLSearchParams, constraints: Constraints): RequestedSession {
  const keys = members(form, 'Tags', 'Key');
  const values = members(form, 'Tags', 'Value');
  const transitiveKeys = members(form, 'TransitiveTagKeys');
  const sourceIdentity = form.get('SourceIdentity');
  constraints.list('tags', keys, MOST_TAGS);
  constraints.list('transitiveTagKeys', transitiveKeys, MOST_TAGS);
  keys.forEach((key, index) => {
    const says = `${TAG_PATTERN}+`;
    constraints.text(`tags.${index + 1}.member.key`, key, { pattern: TAG_KEY, says, min: 1, max: 128 });
    const value = values[index];
    constraints.required(`tags.${index + 1}.member.value`, value ?? null);
    constraints.text(`tags.${index + 1}.member.value`, value ?? null, {
      pattern: TAG_VALUE,
      says: `${TAG_PATTERN}*`,
      max: 256,
    });
  });
  constraints.text('sourceIdentity', sourceIdentity, {
    pattern: /^[\w+=,.@-]*$/,
    says: String.raw`[\w+=,.@-]*`,
    min: 2,
    max: 64,
  });
  return {
    tags: Object.fromEntries(keys.map((key, index) => [key, values[index] ?? ''])),
    transitiveKeys,
    sourceIdentity: sourceIdentity ?? undefined,
  };
}

const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const invalidValue = (message: string): never => refuse('InvalidParameterValue', message);

/** IAM compares the keys of tags without regard to case. */
export function assertPossible(form: URLSearchParams, requested: RequestedSession, passed: Passed): void {
  const keys = members(form, 'Tags', 'Key').map((key) => key.toLowerCase());
  if (new Set(keys).size < keys.length)
    invalidValue('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  if (keys.some((key) => key.startsWith('aws:')))
    invalidValue('Tag keys that begin with aws: are reserved for system use.');
  if (requested.transitiveKeys.some((key) => !keys.includes(key.toLowerCase())))
    invalidValue('The specified transitive tag key must be included in the requested tags.');
  const inherited = Object.keys(passed.tags).map((key) => key.toLowerCase());
  if (keys.some((key) => inherited.includes(key)))
    invalidValue(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  const { sourceIdentity } = requested;
  if (sourceIdentity === undefined) return;
  if (/^aws:/i.test(sourceIdentity)) validationError('The source identity must not begin with aws:.');
  if (passed.sourceIdentity !== undefined)
    validationError('The source identity is already set for this assume role session');
}

/** What a caller's session passes on to the next one: transitive tags and the source identity. */
export const passedBy = (caller: Caller): Passed =>
  caller.kind === 'session' ? caller.session.passed : { tags: {}, sourceIdentity: undefined };
