import { Readable } from 'node:stream';
import { IdTokenClient } from 'google-auth-library';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Google } from '../gcp.fixture.js';
import { EMAIL, optionsFor, startGoogle, subjectJwt } from '../gcp.fixture.js';
import { idTokenClient } from './id-token-client.js';

const CREATED = Date.UTC(2026, 0, 1);
const RUN = 'https://orders-abc123-ew.a.run.app';

let google: Google;
let now: number;
let issued: string[];
/** The service's status for the token with this number. */
let service: (token: number) => number;
beforeEach(async () => {
  google = await startGoogle();
  now = CREATED;
  issued = [];
  service = () => 200;
  google.plan.other = ({ path, headers }) => {
    if (path === '/service') {
      const token = issued.indexOf(String(headers.authorization).slice('Bearer '.length));
      return { status: service(token), body: { token } };
    }
    const exp = now / 1000 + 3_600;
    issued.push(
      subjectJwt({ iss: 'https://accounts.google.com', aud: RUN, exp, jti: String(issued.length) }),
    );
    return { body: { token: issued.at(-1) } };
  };
});
afterEach(() => google.close());

const client = (): IdTokenClient => {
  const clock = { now: () => now, monotonic: () => now - CREATED };
  const jwt = subjectJwt({ exp: CREATED / 1000 + 7_200 });
  const options = optionsFor(google, { serviceAccountEmail: EMAIL, clock, tokenSource: () => jwt });
  return idTokenClient({ ...options, targetAudience: RUN });
};
const call = (own: IdTokenClient, more: object = {}) =>
  own.request<{ token: number }>({ url: `${google.origin}/service`, method: 'POST', retry: false, ...more });

test('sends the cached token, and only the header', async () => {
  const own = client();
  expect(own).toBeInstanceOf(IdTokenClient);
  expect((await call(own)).data).toEqual({ token: 0 });
  expect((await call(own)).data).toEqual({ token: 0 });
  const merged = Object.assign({ accept: 'x' }, await own.getRequestHeaders());
  expect(merged).toEqual({ accept: 'x', authorization: `Bearer ${issued[0] ?? ''}` });
  expect(issued).toHaveLength(1);
});

test('repeats the request once with a new token after 401, and not after 403', async () => {
  const own = client();
  await call(own);
  now += 60_000;
  service = (token) => (token === 0 ? 401 : 200);
  expect((await call(own)).data).toEqual({ token: 1 });
  now += 60_000;
  service = () => 403;
  await expect(call(own)).rejects.toMatchObject({ response: { status: 403 } });
  service = () => 401;
  await expect(call(own)).rejects.toMatchObject({ response: { status: 401 } });
  expect(google.of('/service')).toHaveLength(6);
  expect(issued).toHaveLength(3);
});

test('never sends a stream twice', async () => {
  const own = client();
  service = () => 401;
  await expect(call(own, { data: Readable.from(['x']) })).rejects.toMatchObject({
    response: { status: 401 },
  });
  expect(google.of('/service')).toHaveLength(1);
});
