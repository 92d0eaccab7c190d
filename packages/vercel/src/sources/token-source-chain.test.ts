import { describe, expect, it, vi } from 'vitest';
import type { Subject, SubjectToken, SubjectTokenRequest, SubjectTokenSource } from '@credex/core';
import { FederationError, createCredentialCache } from '@credex/core';
import { createCredentialProvider } from '@credex/core/internal';
import { readSubjectToken } from '@credex/core/on-demand';
import { NOW, clock, jwt, never, subjectOf } from '../platform/token-source.fixture.js';
import { tokenSourceChain } from '../index.js';

type Answer = (wanted: SubjectTokenRequest) => string | undefined;

const refusal = (code: FederationError['code']): FederationError =>
  new FederationError({ code, provider: 'test', message: `Said ${code}.`, hint: 'Do this.' });
/** A vacant place for `undefined`. */
const source = (answer: Answer, identityKey?: string): SubjectTokenSource => ({
  capture: (): Subject => ({
    identityKey,
    async token(wanted): Promise<SubjectToken> {
      const token = answer(wanted);
      if (token === undefined) throw refusal('no_subject_token');
      return readSubjectToken(token);
    },
  }),
});
const wanted = (more: Partial<SubjectTokenRequest> = {}): SubjectTokenRequest => ({
  audience: undefined,
  fresh: false,
  signal: never,
  ...more,
});

describe('which source answers', () => {
  it('is the first that has a token', async () => {
    const last = vi.fn(() => jwt({ sub: 'third' }));
    const chain = tokenSourceChain(
      source(() => undefined),
      source(() => jwt({ sub: 'second' })),
      source(last),
    );
    expect(await subjectOf(chain)).toBe('second');
    expect(last).not.toHaveBeenCalled();
  });

  it.each([
    'invalid_subject_token',
    'subject_token_expired',
    'subject_mismatch',
    'audience_mismatch',
    'network',
  ] as const)('is not used if an earlier one fails with %s', async (code) => {
    const broken = source(() => {
      throw refusal(code);
    });
    const chain = tokenSourceChain(
      broken,
      source(() => jwt({ sub: 'other' })),
    );
    await expect(chain.capture().token(wanted())).rejects.toMatchObject({ code });
  });

  it('is not used if an earlier one throws an unknown error', async () => {
    const broken = source(() => {
      throw new TypeError('broken');
    });
    await expect(
      tokenSourceChain(
        broken,
        source(() => jwt({})),
      )
        .capture()
        .token(wanted()),
    ).rejects.toThrow('broken');
  });

  it('is the same for all that follows in one call', async () => {
    const first: (string | undefined)[] = [undefined, jwt({ sub: 'first' })];
    const second = vi.fn((): string | undefined => jwt({ sub: 'second' }));
    const subject = tokenSourceChain(
      source(() => first.shift()),
      source(second),
    ).capture();
    expect((await subject.token(wanted())).claims.sub).toBe('second');
    // By now the first would answer.
    expect((await subject.token(wanted({ audience: 'a' }))).claims.sub).toBe('second');
    second.mockReturnValueOnce(undefined);
    await expect(subject.token(wanted({ fresh: true }))).rejects.toMatchObject({ code: 'no_subject_token' });
  });

  it('is searched for once by those who ask at once, and again after a failure', async () => {
    const answer = vi.fn((): string | undefined => undefined);
    const subject = tokenSourceChain(source(answer)).capture();
    await Promise.allSettled([subject.token(wanted()), subject.token(wanted())]);
    expect(answer).toHaveBeenCalledTimes(1);
    answer.mockReturnValue(jwt({ sub: 'late' }));
    expect((await subject.token(wanted())).claims.sub).toBe('late');
  });

  it('captures all of them in the request of the caller', async () => {
    let tenant = 'mine';
    const capturing: SubjectTokenSource = {
      capture() {
        const sub = tenant;
        return { identityKey: undefined, token: async () => readSubjectToken(jwt({ sub })) };
      },
    };
    const subject = tokenSourceChain(
      source(() => undefined),
      capturing,
    ).capture();
    tenant = 'theirs';
    expect((await subject.token(wanted())).claims.sub).toBe('mine');
  });

  it('is said with what each looked for, where there is none', async () => {
    const chain = tokenSourceChain(
      source(() => undefined),
      source(() => undefined),
    );
    await expect(chain.capture().token(wanted())).rejects.toMatchObject({
      code: 'no_subject_token',
      message: expect.stringContaining(
        'None of the 2 token sources has a token: Said no_subject_token. Said',
      ) as string,
    });
  });
});

describe('whose token it is', () => {
  it('is never what one of the sources says', () => {
    expect(tokenSourceChain(source(() => jwt({}), 'shop')).capture().identityKey).toBeUndefined();
  });

  it('is told apart in the cache, though the sources come and go and name one identity key', async () => {
    let present = true;
    const chain = tokenSourceChain(
      source(() => (present ? jwt({ sub: 'tenant-a' }) : undefined), 'same'),
      source(() => jwt({ sub: 'tenant-b' }), 'same'),
    );
    const exchanged: (string | undefined)[] = [];
    const provider = createCredentialProvider<{
      readonly expiresAt: number;
      readonly of: string | undefined;
    }>(
      {
        specificationVersion: 'v1',
        provider: 'test',
        cacheKeyFields: () => ({}),
        async exchange(_request, context) {
          const of = (await context.subject()).claims.sub;
          exchanged.push(of);
          return { credential: { of, expiresAt: NOW + 3_600_000 } };
        },
        parseStored: (record) => record as never,
        classify: () => ({ code: 'unknown', retry: 'never' }),
      },
      { source: chain, cache: createCredentialCache(), clock },
    );
    for (const there of [true, false, true, false]) {
      present = there;
      expect((await provider.getCredentials()).of).toBe(there ? 'tenant-a' : 'tenant-b');
    }
    expect(exchanged).toEqual(['tenant-a', 'tenant-b']);
  });
});

it.each([[[]], [[undefined]], [[() => 'a']]])('refuses %j when it is created', (sources) => {
  expect(() => tokenSourceChain(...(sources as unknown as SubjectTokenSource[]))).toThrow(
    expect.objectContaining({ name: 'OptionError' }) as Error,
  );
});
