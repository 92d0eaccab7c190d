import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { FederationError, loadFailureHint } from './federation-error.js';
import { createEmitter } from './events.js';
import { transportFailure } from './http/failure.js';
import { isError } from './visible.js';
import { scrubbedCause } from './redact.js';
import { settle, sourceOf, unhandled, fixture } from './provider.fixture.js';

/** What Jest, a vm context and an edge sandbox meet: the host's errors are of another realm. */
const ofAnotherRealm = (script: string): unknown => runInNewContext(script);
const refused = (): unknown =>
  ofAnotherRealm(`Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:443'), { code: 'ECONNREFUSED' })`);

describe('an error of another realm', () => {
  it('is an error, and what only looks like one is not', () => {
    expect(refused()).not.toBeInstanceOf(Error);
    const throwing = Object.defineProperty({}, Symbol.toStringTag, {
      get: () => {
        throw new Error('x');
      },
    });
    expect([refused(), new Error('x'), new DOMException('x')].map(isError)).toEqual([true, true, true]);
    expect([{ message: 'x' }, throwing, null, undefined, 'x', () => undefined].map(isError)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
  });

  it('stays the cause of ours, with its own causes', () => {
    const failed = ofAnotherRealm(
      `new TypeError('fetch failed', { cause: Object.assign(new Error('no way'), { code: 'ENETUNREACH' }) })`,
    );
    expect(scrubbedCause(failed)).toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { code: 'ENETUNREACH', message: 'no way' },
    });
  });

  it('is read as a failure of the network where fetch threw it', () => {
    expect(transportFailure(ofAnotherRealm(`new TypeError('fetch failed')`))).toEqual({ code: 'network' });
    expect(transportFailure(ofAnotherRealm(`new TypeError('x is not a function')`))).toBeUndefined();
  });

  it('of a token source is told to the caller', async () => {
    const w = fixture();
    const provider = w.provider(sourceOf(() => '', { token: () => Promise.reject(refused() as Error) }));
    const error: unknown = await provider.getCredentials().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'no_subject_token', cause: { code: 'ECONNREFUSED' } });
  });

  it('ends no process where an asynchronous listener rejects with it', async () => {
    const rejections = unhandled();
    const listener = ofAnotherRealm(`async () => { throw new Error('x'); }`) as () => void;
    createEmitter(listener).emit({ type: 'invalidated', provider: 'test' });
    await settle();
    expect(await rejections.stop()).toEqual([]);
  });
});

describe('a module that is loaded when first needed and is not there', () => {
  const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code });
  const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

  it.each([
    ['in Node', coded('ERR_MODULE_NOT_FOUND', "Cannot find module '/app/lazy/classify-aws-error.js'")],
    ['in a CommonJS bundle', coded('MODULE_NOT_FOUND', "Cannot find module './812.js'")],
    ['in webpack', named('ChunkLoadError', 'Loading chunk 812 failed.')],
    ['in Bun', named('ResolveMessage', "Cannot find module './lazy/classify-aws-error.js'")],
    ['in Deno', new TypeError('Failed to fetch dynamically imported module: file:///app/x.js')],
    ['in Jest without import()', coded('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG', 'No import().')],
  ])('is told with what to do: %s', (_where, error) => {
    expect(loadFailureHint(error)).toMatch(/could not be loaded: .+ Deploy all files .+ for Jest/);
  });

  it.each([[new Error('x')], [coded('ECONNREFUSED', 'x')], [undefined], [null], ['dynamic import'], [{}]])(
    'is not what %s says',
    (error) => {
      expect(loadFailureHint(error)).toBeUndefined();
    },
  );

  it('leaves the refusal as the cause, and its own reason as the hint', async () => {
    const missing = coded('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG', 'There is no import() here.');
    const w = fixture({
      answer: () => Promise.reject(new Error('AccessDenied')),
      classify: () => Promise.reject(missing),
    });
    const error: unknown = await w
      .provider()
      .getCredentials()
      .catch((thrown: unknown) => thrown);
    expect(FederationError.isInstance(error) && error.hint).toMatch(/There is no import\(\) here/);
    expect(error).toMatchObject({ code: 'unknown', cause: { message: 'AccessDenied' } });
  });
});
