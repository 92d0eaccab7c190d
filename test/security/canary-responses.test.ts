/** A token service that fails and repeats what it was sent, in every place that a client reads. */

import type { Fault } from '@credex/testing/emulator';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { setDeployment } from '../support/environment.js';
import { useFixture } from '../support/use-fixture.js';
import type { ByService, Step, Verdict } from './canary.js';
import { STEPS, expectVerdict, labelOf, never, now, of, strike, toAll, tokensIn } from './canary.js';
import { warmUp } from '../support/clouds.js';

const fixture = useFixture();
beforeAll(() => warmUp(fixture));
beforeEach(() => setDeployment());

const STATUSES = [400, 403, 500, 503] as const;
type Status = (typeof STATUSES)[number];

/** As mail and certificates are wrapped. */
const wrapped = (text: string): string => text.replace(/.{36}/g, '$&\n');

interface Words {
  readonly code: string;
  readonly message: string;
}

const xml = ({ code, message }: Words): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
const oauth = ({ code, message }: Words): string =>
  JSON.stringify({ error: code, error_description: message });
const rpc = ({ code, message }: Words): string =>
  JSON.stringify({
    error: { code: 400, status: code, message, details: [{ '@type': message, reason: message }] },
  });

/** An error in the service's own shape. */
const OWN: ByService<(words: Words) => string> = {
  'aws-sts': xml,
  'gcp-sts': oauth,
  'gcp-iam-credentials': rpc,
  entra: oauth,
};

/** A code of the service's that isn't worth a retry, and one that is. */
const CODES: ByService<readonly [lasting: string, passing: string]> = {
  'aws-sts': ['InvalidIdentityToken', 'InternalFailure'],
  'gcp-sts': ['invalid_grant', 'server_error'],
  'gcp-iam-credentials': ['FAILED_PRECONDITION', 'INTERNAL'],
  entra: ['invalid_client', 'server_error'],
};

type Body = (step: Step, status: Status, sent: string) => string;

const BODIES: Readonly<Record<'plain text' | 'its message' | 'its message, wrapped' | 'its code', Body>> = {
  'plain text': (_step, _status, sent) => `<pre>${sent}</pre>`,
  'its message': (step, status, sent) =>
    of(OWN, step)({ code: of(CODES, step)[status < 500 ? 0 : 1], message: `Refused: ${tokensIn(sent)}` }),
  'its message, wrapped': (step, status, sent) =>
    of(OWN, step)({ code: of(CODES, step)[status < 500 ? 0 : 1], message: wrapped(tokensIn(sent)) }),
  'its code': (step, _status, sent) => of(OWN, step)({ code: tokensIn(sent), message: sent }),
};

/** What the status alone says where no code does. */
const byStatus = (status: 400 | 403): Verdict => never(status === 400 ? 'invalid_request' : 'access_denied');

const verdictOf = (body: keyof typeof BODIES, status: Status): ByService<Verdict> => {
  if (status >= 500) return toAll(now('unavailable'));
  const bare = byStatus(status as 400 | 403);
  switch (body) {
    // Nothing but XML comes from STS.
    case 'plain text':
      return { ...toAll(bare), 'aws-sts': never('invalid_response') };
    case 'its code':
      return toAll(bare);
    default:
      return { ...toAll(never('token_rejected')), 'gcp-iam-credentials': bare };
  }
};

describe.each(Object.keys(BODIES) as (keyof typeof BODIES)[])('what was sent comes back in %s', (body) => {
  describe.each(STATUSES)('with status %i', (status) => {
    test.each(STEPS.map((step) => [labelOf(step), step] as const))('%s', async (_label, step) => {
      const struck = await strike(fixture, step, (sent): Fault => ({
        kind: 'status',
        status,
        get body() {
          return BODIES[body](step, status, sent());
        },
        get headers() {
          const echo = tokensIn(sent()).slice(0, 4_000);
          return {
            'x-echo': echo,
            'retry-after': echo,
            'x-amzn-requestid': echo,
            'content-type': 'text/xml',
          };
        },
      }));
      const error = expectVerdict(struck, step, of(verdictOf(body, status), step));
      expect(error.status).toBe(status);
      expect(error.retryAfterMs).toBeUndefined();
      expect((error.serverMessage ?? '').length).toBeLessThanOrEqual(301);
      expect(struck.published.length).toBeGreaterThan(0);
    });
  });
});
