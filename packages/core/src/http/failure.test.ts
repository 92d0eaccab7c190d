import { expect, it } from 'vitest';
import { transportFailure } from './failure.js';

const coded = (code: string): Error => Object.assign(new Error('x'), { code });
const named = (name: string): Error => Object.assign(new Error('x'), { name });
const network = { code: 'network' };
const certificate = { code: 'network', reason: 'certificate' };
const name = { code: 'network', reason: 'name' };
const timeout = { code: 'timeout' };

it.each([
  [coded('ECONNREFUSED'), network],
  [coded('ECONNRESET'), network],
  [coded('EPROTO'), network],
  [coded('HPE_INVALID_CONSTANT'), network],
  [coded('UND_ERR_SOCKET'), network],
  [coded('REQUEST_SEND_ERROR'), network],
  [coded('PARSE_ERROR'), network],
  [coded('ENOTFOUND'), name],
  [coded('EAI_AGAIN'), name],
  [coded('SELF_SIGNED_CERT_IN_CHAIN'), certificate],
  [coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), certificate],
  [coded('ERR_TLS_CERT_ALTNAME_INVALID'), certificate],
  [coded('ETIMEDOUT'), timeout],
  [coded('UND_ERR_HEADERS_TIMEOUT'), timeout],
  [named('TimeoutError'), timeout],
  [Object.assign(coded('ECONNRESET'), { name: 'TimeoutError' }), network],
  [Object.assign(coded('ETIMEDOUT'), { name: 'TimeoutError' }), timeout],
  [named('AbortError'), timeout],
  [new DOMException('x', 'TimeoutError'), timeout],
  [new TypeError('fetch failed', { cause: coded('ENOTFOUND') }), name],
  [new TypeError('fetch failed'), network],
  [new Error('wrapped', { cause: new Error('twice', { cause: coded('CERT_HAS_EXPIRED') }) }), certificate],
  [new AggregateError([coded('ECONNREFUSED'), coded('ETIMEDOUT')]), network],
  [new Error('x'), undefined],
  [new TypeError('x is not a function'), undefined],
  [undefined, undefined],
  [null, undefined],
  ['ECONNRESET', undefined],
])('reads %s as %j', (error, expected) => {
  expect(transportFailure(error)).toEqual(expected);
});
