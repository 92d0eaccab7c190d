/** Rows of the failure matrix, and what each of them must show. */

import type { Credential, FederationErrorCode, PresentedToken } from '@credex/core';
import { FederationError, createCredentialCache } from '@credex/core';
import { expect, test } from 'vitest';
import type { Call, Cloud, CloudName, Fixture } from '../support/clouds.js';
import { WAYS, by } from '../support/ways.js';
import type { Way } from '../support/ways.js';
import { CLOUDS, tokenRequests } from '../support/clouds.js';
import { expectNoSecret, record } from '../support/recorder.js';
import type { Recorded } from '../support/recorder.js';

/** How the token comes: with the request that is served, or from a function of the user's. */
export type Route = 'request' | 'function';

export interface Wanted {
  readonly code: FederationErrorCode;
  /** What a person needs to read in the hint. */
  readonly hint: readonly string[];
  /** Default: the cloud's name. */
  readonly provider?: 'vercel' | 'token-source';
  readonly retryable?: boolean;
  readonly serverCode?: string;
  /** How many requests the token services got; default: one a step that was reached. */
  readonly requests?: number;
}

/** `issued`: this cloud has no say in the matter, and gives a credential. */
export type Wants = Wanted | 'issued';

export interface Row {
  readonly name: string;
  readonly token: (fixture: Fixture) => Promise<string | undefined> | string | undefined;
  readonly more?: Partial<Record<CloudName, object>>;
  /** Default: both. */
  readonly routes?: readonly Route[];
  /** Clouds that are left out aren't asked. */
  readonly wants: Partial<Record<CloudName, Wants>>;
  /** Whether the error can tell whose token it was; default: yes. */
  readonly presents?: boolean;
}

/** The same of all of them. */
export const everywhere = (wanted: Wanted): Row['wants'] =>
  Object.fromEntries(CLOUDS.map(({ name }) => [name, wanted]));

export function testRow(fixture: Fixture, row: Row): void {
  for (const cloud of CLOUDS) {
    const wants = row.wants[cloud.name];
    if (wants === undefined) continue;
    for (const route of row.routes ?? ['request', 'function']) {
      for (const way of WAYS)
        test(`${row.name}: ${cloud.name}, by ${route}, ${way}`, () =>
          runCase(fixture, row, cloud, route, way, wants));
    }
  }
}

async function runCase(
  fixture: Fixture,
  row: Row,
  cloud: Cloud,
  route: Route,
  way: Way,
  wants: Wants,
): Promise<void> {
  const token = await row.token(fixture);
  fixture.emulator.log.clear();
  const more = { ...by(way, cloud.provider, fixture.emulator), ...row.more?.[cloud.name] };
  const seen = await exchange(fixture, cloud, route, token, more);
  const sent = token === undefined ? [] : [token];
  if (wants === 'issued') {
    expect(seen.error).toBeUndefined();
    expectNoSecret(seen, sent);
    return;
  }
  const error = federationErrorOf(seen);
  expect(error).toMatchObject({
    code: wants.code,
    provider: wants.provider ?? cloud.provider,
    retryable: wants.retryable ?? false,
    ...(wants.serverCode === undefined ? {} : { serverCode: wants.serverCode }),
  });
  for (const words of wants.hint) expect(error.hint).toContain(words);
  expect(error.message).toContain(error.hint);
  expect(error.presented).toEqual(row.presents === false ? undefined : presentedOf(token as string));
  expect(tokenRequests(fixture, cloud)).toBe(wants.requests ?? 1);
  expectNoSecret(seen, sent);
}

export function exchange(
  fixture: Fixture,
  cloud: Cloud,
  route: Route,
  token: string | undefined,
  more: object = {},
  shared: object = {},
  call: Call = {},
): Promise<Recorded> {
  return record((onEvent): Promise<Credential> => {
    // Retries, where a failure is worth them, come at once.
    const common = { cache: createCredentialCache(), random: () => 0, onEvent, ...shared };
    if (route === 'function')
      return cloud.get(fixture, { ...common, tokenSource: () => token as string }, more, call);
    return fixture.inRequest(token, () => cloud.get(fixture, common, more, call));
  });
}

export function federationErrorOf({ error }: Recorded): FederationError {
  if (FederationError.isInstance(error)) return error;
  throw new Error('The call did not fail with a FederationError.', { cause: error });
}

/** What an error may say of a token: these claims and no other. */
function presentedOf(jwt: string): PresentedToken {
  const payload = Buffer.from(jwt.split('.')[1] as string, 'base64url').toString();
  const { iss, aud, sub, exp, ...claims } = JSON.parse(payload) as Record<string, string> & { exp: number };
  return {
    iss,
    aud,
    sub,
    owner: claims['owner'],
    ownerId: claims['owner_id'],
    project: claims['project'],
    projectId: claims['project_id'],
    environment: claims['environment'],
    expiresAt: exp * 1000,
  };
}
