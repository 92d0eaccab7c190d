/** Failures on a laptop: each names the file that it concerns and the command that fixes it. */

import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { FederationError } from '@credex/core';
import type { LocalTokenSourceOptions } from '../local.js';
import { laptop, token, withoutPlatform } from './laptop.fixture.js';
import type { Laptop } from './laptop.fixture.js';

export type Failure = readonly [
  what: string,
  code: string,
  names: string,
  command: string,
  arrange: (here: Laptop) => LocalTokenSourceOptions | void,
];

/** `vercel link`, as a hint writes it. */
export const LINK = '`vercel link`';

export const respondWith =
  (status: number, body: unknown) =>
  (here: Laptop): void => {
    here.respond = () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };

/** A separate laptop for each test, isolated from the environment and the `vercel` of this machine. */
export function useLaptop(): () => Laptop {
  let here: Laptop | undefined;
  beforeEach(() => {
    here = laptop();
    withoutPlatform();
    vi.stubEnv('PATH', process.execPath.slice(0, process.execPath.lastIndexOf('/')));
  });
  afterEach(() => {
    here?.remove();
    vi.unstubAllEnvs();
  });
  return () => here as Laptop;
}

export async function expectFailure(here: Laptop, [, code, names, command, arrange]: Failure): Promise<void> {
  here.write(`${here.project}/.env.local`, `VERCEL_OIDC_TOKEN=${token({}, -2)}`);
  const options = arrange(here) ?? {};
  const error = await here.token(options).then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FederationError);
  expect(error).toMatchObject({ code, provider: 'vercel' });
  const { message, hint } = error as FederationError;
  expect(message).toContain(names);
  expect(hint).toContain(command);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/eyJ|vca_|vcr_/);
}
