import { expect, it } from 'vitest';
import { retryAfterMs } from './failure.js';
import { serverDate } from './http.js';

const date = 'Sun, 06 Nov 1994 08:49:37 GMT';

it.each([
  [{ 'retry-after': '7' }, 7_000],
  [{ 'retry-after': '7', 'retry-after-ms': '250' }, 250],
  [{ 'x-ms-retry-after-ms': '10' }, 10],
  [{ 'retry-after': 'Sun, 06 Nov 1994 08:50:07 GMT', date }, 30_000],
  [{ 'retry-after': '99999999' }, 86_400_000],
  [{ 'retry-after': 'Sun, 06 Nov 1994 08:50:07 GMT' }, undefined],
  [{ 'retry-after': 'Sun, 06 Nov 1994 08:49:07 GMT', date }, undefined],
  [{ 'retry-after': '-1' }, undefined],
  [{ 'retry-after': 'soon', date }, undefined],
  [{}, undefined],
])('Retry-After of %j is %s', (headers, ms) => {
  expect(retryAfterMs(headers)).toBe(ms);
});

it("is the server's clock, unless a cache in between says how old the answer is", () => {
  expect(serverDate({ date })).toBe(784_111_777_000);
  expect(serverDate({ date, age: '12' })).toBeUndefined();
  expect(serverDate({ date: 'then' })).toBeUndefined();
  expect(serverDate({})).toBeUndefined();
});
