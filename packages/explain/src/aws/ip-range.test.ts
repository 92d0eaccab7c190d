import { describe, expect, it } from 'vitest';
import { ipRangeOf, isInRange } from './operators.js';

const contains = (range: string, address: string): boolean | undefined => {
  const found = ipRangeOf(range);
  return found && isInRange(address, found);
};

describe('ranges of addresses', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.0/24', '203.0.113.255', true],
    ['203.0.113.0/24', '203.0.114.0', false],
    ['0.0.0.0/0', '198.51.100.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:DB8::/32', '2001:db9::1', false],
    ['::/0', '::1', true],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1', true],
    ['::ffff:203.0.113.7', '::ffff:cb00:7107', true],
    ['::/0', '203.0.113.7', false],
  ])('%s contains %s: %s', (range, address, expected) => {
    expect(contains(range, address)).toBe(expected);
  });

  it.each([
    '',
    '203.0.113',
    '203.0.113.256',
    '203.0.113.07',
    '203.0.113.0/33',
    '203.0.113.0/',
    '2001:db8::/129',
    '2001:db8',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8::',
    ':::',
    '12345::',
    '::1.2.3',
    'example.com',
  ])('%j is none', (text) => {
    expect(ipRangeOf(text)).toBeUndefined();
  });

  it('contain no text that is not an address', () => {
    expect(contains('::/0', 'example.com')).toBe(false);
  });
});
