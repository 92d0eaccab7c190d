/** What STS refuses in an AssumeRole request of a chain, whatever the trust policy says. */

import { finding } from '../findings.js';
import type { Finding } from '../findings.js';
import type { Passed, RequestedSession } from './session-tags.js';

export interface ChainRequest {
  /** `assumeRole[0]` */
  readonly at: string;
  readonly externalId: string | undefined;
  /** The keys of all tags, of the option and of the claims; one that both have occurs twice. */
  readonly tagKeys: readonly string[];
  readonly requested: RequestedSession;
  /** What the session passes on that sends the request. */
  readonly passed: Passed;
}

const MOST_TAGS = 50;
const TAG_KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const SOURCE_IDENTITY = /^(?!aws:)[\w+=,.@-]{2,64}$/i;
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;

export function* requestProblems(request: ChainRequest): Generator<Finding> {
  const { at, externalId, requested, passed } = request;
  yield* tagProblems(request);
  if (externalId !== undefined && !EXTERNAL_ID.test(externalId))
    yield refused(`${at}.externalId`, 'An external id has 2 to 1,224 of A-Z, a-z, 0-9 and _+=,.@:/-.');
  const { sourceIdentity } = requested;
  if (sourceIdentity === undefined) return;
  const place = `${at}.sourceIdentity`;
  if (passed.sourceIdentity !== undefined)
    yield finding(
      'source_identity_set_twice',
      place,
      `The session has the source identity ${JSON.stringify(passed.sourceIdentity)} already.`,
    );
  if (!SOURCE_IDENTITY.test(sourceIdentity))
    yield refused(
      place,
      'A source identity has 2 to 64 of A-Z, a-z, 0-9 and _+=,.@-, and does not begin with aws:.',
    );
}

/** IAM compares the keys of tags without regard to case. */
function* tagProblems({ at, tagKeys, requested, passed }: ChainRequest): Generator<Finding> {
  const place = `${at}.tags`;
  const inherited = new Set(Object.keys(passed.tags).map((key) => key.toLowerCase()));
  const seen = new Set<string>();
  for (const key of tagKeys) {
    const name = key.toLowerCase();
    if (seen.has(name)) yield finding('tag_key_set_twice', place, `The request has the tag ${key} twice.`);
    if (inherited.has(name))
      yield finding('tag_key_set_twice', place, `An earlier session passes on the tag ${key}.`);
    if (!TAG_KEY.test(key) || !TAG_VALUE.test(requested.tags[key] ?? ''))
      yield refused(
        `${place}.${key}`,
        'Keys of tags have 1 to 128 and values at most 256 letters, digits, spaces and _.:/=+-@, and no key begins with aws:.',
      );
    seen.add(name);
  }
  if (tagKeys.length > MOST_TAGS)
    yield refused(place, `The request has ${tagKeys.length} tags; STS takes ${MOST_TAGS}.`);
  for (const key of requested.transitiveKeys)
    if (!seen.has(key.toLowerCase()))
      yield refused(`${at}.transitiveTagKeys`, `${key} is not a tag of this request.`);
}

const refused = (at: string, message: string): Finding => finding('request_refused', at, message);
