import { expect, it, vi } from 'vitest';
import { credexVariables } from './apply-environment.js';

it('lists the variables that are set', () => {
  vi.stubEnv('CREDEX_STORE_REGION', 'eu-west-1');
  vi.stubEnv('CREDEX_STORE_ROLE_ARN', '');
  const found = credexVariables();
  expect(found.get('CREDEX_STORE_REGION')).toBe('eu-west-1');
  expect(found.has('CREDEX_STORE_ROLE_ARN')).toBe(false);
  vi.unstubAllEnvs();
});

it('lists none if the environment may not be read, as in Deno without permissions', () => {
  const own = globalThis.process;
  const refuse = (): never => {
    throw new Error('NotCapable');
  };
  globalThis.process = { env: new Proxy({}, { get: refuse, ownKeys: refuse }) } as unknown as NodeJS.Process;
  try {
    expect(credexVariables().size).toBe(0);
  } finally {
    globalThis.process = own;
  }
});
