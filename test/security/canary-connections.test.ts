/** No complete response arrives: the connection breaks, hangs, crawls, or leads to another host. */

import { azureIdentityExchanger } from '@credex/azure/identity';
import { createCredentialCache } from '@credex/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { setDeployment } from '../support/environment.js';
import { useFixture } from '../support/use-fixture.js';
import {
  STEPS,
  elsewhere,
  expectVerdict,
  labelOf,
  never,
  now,
  startTrap,
  strike,
  transport,
} from './canary.js';
import { tokenRequests, warmUp } from '../support/clouds.js';
import { exchange, federationErrorOf } from '../errors/matrix.js';
import { expectNoSecret } from '../support/recorder.js';

const fixture = useFixture();
let trap: Awaited<ReturnType<typeof startTrap>>;
beforeAll(async () => {
  await warmUp(fixture);
  trap = await startTrap();
});
afterAll(() => trap.close());
beforeEach(() => setDeployment());

const steps = STEPS.map((step) => [labelOf(step), step] as const);
const overSockets = steps.filter(([, { by }]) => by !== 'fetch');

/** A busy machine may be late; a limit that is not held is later. */
const LATE_MS = 2_000;

test.each(steps)('a reset connection: %s', async (_label, step) => {
  const struck = await strike(fixture, step, { kind: 'reset' });
  // A kept socket that is reset says nothing of the server: it is replaced once, which is no retry.
  const attempts = step.by === 'direct' && struck.struck === 4 ? 4 : 3;
  expectVerdict(struck, step, now('network', attempts));
});

test.each(steps)('an answer that breaks off: %s', async (_label, step) => {
  expectVerdict(await strike(fixture, step, { kind: 'truncate' }), step, now('network'));
});

test.each(steps)('no answer: %s', async (_label, step) => {
  const struck = await strike(fixture, step, { kind: 'hang' }, { timeoutMs: 200 });
  const error = expectVerdict(struck, step, now('timeout', 1));
  expect(error.hint).toContain('timeoutMs');
  expect(struck.ms).toBeLessThan(200 + LATE_MS);
});

test.each(steps)('an answer that stops coming: %s', async (_label, step) => {
  let bytes = 0;
  const tick = (): Promise<unknown> => (++bytes < 40 ? Promise.resolve() : new Promise(() => undefined));
  const struck = await strike(fixture, step, { kind: 'slow', tick }, { timeoutMs: 200 });
  expectVerdict(struck, step, now('timeout', 1));
  expect(struck.ms).toBeLessThan(200 + LATE_MS);
});

test.each(steps)('a caller who gives up leaves alone, and without delay: %s', async (_label, step) => {
  const cache = createCredentialCache();
  const caller = new AbortController();
  let answer = (): void => undefined;
  const until = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const onStrike = (): void => caller.abort(new Error('the reader went away'));
  const call = { signal: caller.signal };
  const token = await fixture.mint();
  const struck = await strike(
    fixture,
    step,
    { kind: 'delay', until },
    { call, onStrike, token, shared: { cache } },
  );
  expectVerdict(struck, step, now('aborted', 1));

  // The exchange goes on for whoever asks next.
  const asked = tokenRequests(fixture, step.cloud);
  const next = exchange(fixture, step.cloud, 'request', token, struck.more, { cache });
  answer();
  expect((await next).error).toBeUndefined();
  expect(tokenRequests(fixture, step.cloud)).toBe(asked);
});

test.each(overSockets)('a port on which nothing listens: %s', async (_label, step) => {
  const closed = await startTrap();
  await closed.close();
  const scheme = step.service === 'entra' && step.by === 'sdk' ? 'https' : 'http';
  const token = await fixture.mint();
  const more = { ...transport(fixture, step), ...elsewhere(step, `${scheme}://127.0.0.1:${closed.port}`) };
  const seen = await exchange(fixture, step.cloud, 'request', token, more);
  expect(federationErrorOf(seen)).toMatchObject({
    code: 'network',
    retryable: true,
    provider: step.cloud.provider,
  });
  expectNoSecret(seen, [token]);
});

test.each(steps.filter(([label]) => label !== 'entra by fetch'))(
  'a certificate that nothing vouches for: %s',
  async (_label, step) => {
    const token = await fixture.mint();
    const more = {
      ...transport(fixture, step),
      ...elsewhere(step, fixture.emulator.tlsUrl(step.service)),
      ...(step.service === 'entra' && step.by === 'sdk' ? { exchanger: azureIdentityExchanger() } : {}),
    };
    const seen = await exchange(fixture, step.cloud, 'request', token, more);
    const error = federationErrorOf(seen);
    expect(error).toMatchObject({ code: 'network', provider: step.cloud.provider });
    expect(error.hint).toContain('NODE_EXTRA_CA_CERTS');
    // Refused before a word was said: none of this is in the log.
    expect(fixture.emulator.log.entries(step.service)).toEqual([]);
    expectNoSecret(seen, [token]);
  },
);

describe.each([301, 302, 303, 307, 308])('status %i', (status) => {
  test.each(steps)('leads nowhere: %s', async (_label, step) => {
    const location = `http://127.0.0.1:${trap.port}/v1/token`;
    const struck = await strike(fixture, step, { kind: 'redirect', status, location });
    const error = expectVerdict(struck, step, never('redirect_refused'));
    expect(error.status).toBe(status);
    expect(error.hint).toMatch(/^(Check the endpoint )?https?:|`endpoint`|`authorityHost`/);
    expect(trap.seen).toEqual({ connections: 0, bytes: '' });
  });
});

test.each(steps)('a redirect to the service itself is none the better: %s', async (_label, step) => {
  const location = `${step.service === 'entra' ? fixture.emulator.tlsUrl('entra') : fixture.emulator.url(step.service)}/`;
  const struck = await strike(fixture, step, { kind: 'redirect', status: 307, location });
  expectVerdict(struck, step, never('redirect_refused'));
});
