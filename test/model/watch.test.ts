/** A day of `watchCredentials` over Vercel's tokens, which live two hours and are reused for 90 minutes. */

import type { Credential, SubjectTokenSource } from '@credex/core';
import { createCredentialCache, watchCredentials } from '@credex/core';
import type { DriverProvider } from '@credex/core/driver';
import { createCredentialProvider } from '@credex/core/driver';
import type { ManualClock } from '@credex/testing/clock';
import { manualClock } from '@credex/testing/clock';
import { vercelTokenSource } from '@credex/vercel';
import { vercelFunctionsTokenSource } from '@credex/vercel/functions';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clearEnvironment, setDeployment } from '../support/environment.js';
import { inRequest, installRequestContext } from '../support/request-context.js';
import { forgetEarlierTokens } from '../support/use-fixture.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Serial extends Credential {
  readonly serial: number;
}

let clock: ManualClock;
let restore: () => void;
/** Another project for each test: what one of them has brought to the process serves no other. */
let project = 0;
/** `mustAt` of each credential that was exchanged. */
let mustAt: number[];

beforeEach(() => {
  clock = manualClock();
  restore = installRequestContext();
  clearEnvironment();
  setDeployment('production', `prj_day_${++project}`);
  mustAt = [];
});
afterEach(() => {
  restore();
  vi.unstubAllEnvs();
});

/** The token of the platform at this time: it changes every 90 minutes. */
function platformToken(claims: object = {}): string {
  const issued = Math.floor(clock.now() / (90 * MINUTE)) * 90 * MINUTE;
  const exp = (issued + 2 * HOUR) / 1_000;
  return [
    { alg: 'RS256' },
    { exp, project_id: process.env['VERCEL_PROJECT_ID'], environment: 'production', ...claims },
    'signature',
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
}

function provider(
  lifetimeMs: number,
  source: SubjectTokenSource = vercelTokenSource({ clock, local: false }),
): DriverProvider<Serial, void> {
  return createCredentialProvider<Serial>(
    {
      specificationVersion: 'v1',
      provider: 'test',
      cacheKeyFields: () => ({ lifetimeMs }),
      async exchange(_request, context) {
        const { expiresAt } = await context.subject();
        // A cloud refuses a token that has ended.
        if (expiresAt <= clock.now()) throw new Error('ended');
        mustAt.push(clock.now() + lifetimeMs - MINUTE);
        return { credential: { serial: mustAt.length, expiresAt: clock.now() + lifetimeMs } };
      },
      parseStored: (record) => record as Serial,
      classify: () => ({ code: 'subject_token_expired', retry: 'never' }),
    },
    { source, cache: createCredentialCache(), clock },
  );
}

interface Watch {
  readonly delivered: { readonly serial: number; readonly at: number }[];
  readonly errors: { readonly code?: string }[];
  readonly stop: AbortController;
}

function watch(watched: DriverProvider<Serial, void>): Watch {
  const result: Watch = { delivered: [], errors: [], stop: new AbortController() };
  watchCredentials(watched, {
    signal: result.stop.signal,
    clock,
    onCredential: ({ serial }) => void result.delivered.push({ serial, at: clock.now() }),
    onError: (error) => void result.errors.push(error as { code?: string }),
  });
  return result;
}

/** Each credential was delivered once, in order, and before calls would have had to wait for it. */
function expectPunctual({ delivered, errors }: Watch): void {
  expect(errors).toEqual([]);
  expect(delivered.map(({ serial }) => serial)).toEqual(mustAt.map((_, index) => index + 1));
  for (const [index, { at }] of delivered.slice(1).entries())
    expect(at).toBeLessThan(mustAt[index] as number);
}

describe.each([15 * MINUTE, HOUR, 2 * HOUR])('a day of credentials of %i ms', (lifetimeMs) => {
  it('with traffic: the timer of the first request uses the tokens that later ones bring', async () => {
    const watched = provider(lifetimeMs);
    const first = inRequest(platformToken(), () => watch(watched));
    for (let minute = 0; minute < 24 * 60; minute++) {
      await clock.advance(MINUTE);
      if (minute % 20 === 0) await inRequest(platformToken(), () => watched.getCredentials());
    }
    expectPunctual(first);
    expect(first.delivered.length).toBeGreaterThanOrEqual((24 * HOUR) / lifetimeMs);
    first.stop.abort();
    expect(clock.timers()).toBe(0);
  });

  it('without traffic: the token of the environment, which is renewed', async () => {
    const first = watch(provider(lifetimeMs));
    for (let minute = 0; minute < 24 * 60; minute += 5) {
      vi.stubEnv('VERCEL_OIDC_TOKEN', platformToken());
      await clock.advance(5 * MINUTE);
    }
    // The first look found no token yet.
    expectPunctual({ ...first, errors: first.errors.slice(1) });
    expect(first.delivered.length).toBeGreaterThanOrEqual((24 * HOUR) / lifetimeMs);
    first.stop.abort();
    expect(clock.timers()).toBe(0);
  });
});

describe('the token source of @vercel/functions', () => {
  // The package compares tokens with the system's clock: none of these has ended by that one.
  beforeEach(() => {
    clock = manualClock(Date.parse('2100-01-01T00:00:00Z'));
  });
  const source = (): SubjectTokenSource => vercelFunctionsTokenSource({ clock });

  it('has the tokens that later requests bring', async () => {
    const watched = provider(HOUR, source());
    const { delivered, errors, stop } = inRequest(platformToken(), () => watch(watched));
    // The package reads files outside of a request, for a login of a person.
    const serials = async (wanted: readonly number[]): Promise<void> =>
      vi.waitFor(() => expect([delivered.map(({ serial }) => serial), errors]).toEqual([wanted, []]), 10_000);
    await serials([1]);
    await clock.advance(70 * MINUTE);
    await serials([1, 2]);
    await clock.advance(25 * MINUTE);
    inRequest(platformToken(), () => watched.status());
    // The token of the first request has ended.
    await clock.advance(35 * MINUTE);
    await serials([1, 2, 3]);
    stop.abort();
  });

  it('uses the newest token of a request where its own request has one that has ended', async () => {
    const read = (bound: ReturnType<SubjectTokenSource['capture']>): Promise<{ readonly jwt: string }> =>
      bound.token({ audience: undefined, fresh: false, signal: new AbortController().signal });
    const old = platformToken();
    await clock.advance(2 * HOUR);
    const newer = platformToken();
    inRequest(newer, () => source().capture());
    await inRequest(old, async () => {
      const subject = source().capture();
      expect((await read(subject)).jwt).toBe(newer);
      await expect(
        subject.token({ audience: undefined, fresh: true, signal: new AbortController().signal }),
      ).rejects.toMatchObject({ code: 'no_fresher_token' });
    });
    const other = platformToken({ project_id: 'prj_other', exp: clock.now() / 1_000 - 1 });
    await inRequest(other, async () => {
      const code = expect.stringMatching(/^(?:no_subject_token|subject_token_expired)$/) as string;
      await expect(read(source().capture())).rejects.toMatchObject({ code });
    });
  });
});

it('a freeze of five hours: the next credential comes within a minute of the thaw', async () => {
  vi.stubEnv('VERCEL_OIDC_TOKEN', platformToken());
  const { delivered, errors, stop } = watch(provider(HOUR));
  await clock.advance(10 * MINUTE);
  clock.freeze(5 * HOUR);
  vi.stubEnv('VERCEL_OIDC_TOKEN', platformToken());
  await clock.advance(MINUTE);
  expect([delivered.map(({ serial }) => serial), errors]).toEqual([[1, 2], []]);
  stop.abort();
});

describe('where no token outlasts the request', () => {
  it('says so at once, when the token does not belong to the platform identity', async () => {
    const token = platformToken({ project_id: 'prj_other' });
    const { errors, delivered, stop } = inRequest(token, () => watch(provider(HOUR)));
    await vi.waitFor(async () => {
      await clock.advance(0);
      expect(errors.map(({ code }) => code)).toEqual(['no_subject_token']);
    });
    expect(delivered).toEqual([]);
    stop.abort();
  });

  it('says so when the last token that a request brought has ended', async () => {
    const { errors, delivered, stop } = inRequest(platformToken(), () => watch(provider(HOUR)));
    await clock.advance(2 * HOUR);
    expect(errors).toEqual([]);
    await clock.advance(2 * HOUR);
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['subject_token_expired']));
    // Until then it had credentials, and a request that brings a token mends it.
    const before = delivered.length;
    inRequest(platformToken(), () => provider(HOUR).status());
    await clock.advance(2 * MINUTE);
    expect(delivered.length).toBe(before + 1);
    stop.abort();
  });
});

it('a request with a token of another identity never gets one of an earlier request', async () => {
  const watched = provider(HOUR);
  await inRequest(platformToken(), () => watched.getCredentials());
  const stale = [{ exp: clock.now() / 1_000 - 1, project_id: 'prj_other', environment: 'production' }].map(
    (claims) =>
      ['{}', JSON.stringify(claims), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.'),
  )[0];
  await expect(inRequest(stale, () => watched.getCredentials())).rejects.toMatchObject({
    code: 'subject_token_expired',
  });
});

describe('a forged token of the deployment that ends last', () => {
  const read = async (source: SubjectTokenSource): Promise<string> => {
    const signal = new AbortController().signal;
    return (await source.capture().token({ audience: undefined, fresh: false, signal })).jwt;
  };
  const SOURCES: readonly (readonly [string, () => SubjectTokenSource])[] = [
    ['vercelTokenSource', () => vercelTokenSource({ clock, local: false })],
    ['vercelFunctionsTokenSource', () => vercelFunctionsTokenSource({ clock })],
  ];
  const forge = (): string => platformToken({ exp: clock.now() / 1_000 + 23 * 3_600, jti: 'forged' });
  beforeEach(() => {
    clock = manualClock(Date.parse('2100-01-01T00:00:00Z'));
    forgetEarlierTokens();
  });

  it.each(SOURCES)('%s: is not used where a cloud has accepted another one', async (_name, source) => {
    const genuine = platformToken();
    await inRequest(genuine, () => provider(HOUR, source()).getCredentials());
    inRequest(forge(), () => source().capture());
    expect(await read(source())).toBe(genuine);
  });

  it.each(SOURCES)('%s: gives way to the token of the next request', async (_name, source) => {
    const genuine = platformToken();
    inRequest(genuine, () => source().capture());
    inRequest(forge(), () => source().capture());
    inRequest(genuine, () => source().capture());
    expect(await read(source())).toBe(genuine);
  });

  it.each(SOURCES)('%s: is used last once a cloud has refused it', async (_name, source) => {
    const genuine = platformToken();
    const forged = forge();
    inRequest(genuine, () => source().capture());
    inRequest(forged, () => source().capture());
    const refusing = createCredentialProvider<Serial>(
      {
        specificationVersion: 'v1',
        provider: 'test',
        cacheKeyFields: () => ({}),
        async exchange(_request, context) {
          if ((await context.subject()).jwt === forged) throw new Error('signature');
          return { credential: { serial: 1, expiresAt: clock.now() + HOUR } };
        },
        parseStored: (record) => record as Serial,
        classify: () => ({ code: 'token_rejected', retry: 'never' }),
      },
      { source: source(), cache: createCredentialCache(), clock },
    );
    await expect(refusing.getCredentials()).rejects.toMatchObject({ code: 'token_rejected' });
    expect((await refusing.getCredentials()).serial).toBe(1);
    inRequest(forged, () => source().capture());
    expect(await read(source())).toBe(genuine);
  });

  it.each(SOURCES)('%s: takes the place of no live token of a request', async (_name, source) => {
    const genuine = platformToken({ exp: clock.now() / 1_000 + 20 });
    inRequest(forge(), () => source().capture());
    await inRequest(genuine, async () => {
      const signal = new AbortController().signal;
      const subject = source().capture();
      const first = await subject.token({ audience: undefined, fresh: false, signal });
      expect(first.jwt).toBe(genuine);
      await expect(subject.token({ audience: undefined, fresh: true, signal })).rejects.toMatchObject({
        code: 'no_fresher_token',
      });
    });
  });
});
