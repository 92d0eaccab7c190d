import { describe, expect, it } from 'vitest';
import { didYouMean } from './assert.js';

const KNOWN = ['roleArn', 'region', 'tenantId', 'clock', 'of', 'x'];

describe('didYouMean', () => {
  it.each([
    ['rolearn', 'roleArn'],
    ['roleARN', 'roleArn'],
    ['role_arn', 'roleArn'],
    ['roleAnr', 'roleArn'],
    ['regoin', 'region'],
    ['regio', 'region'],
    ['regions', 'region'],
    ['tenant', 'tenantId'],
    ['tenantID', 'tenantId'],
    ['tenentIdd', 'tenantId'],
    ['clok', 'clock'],
    ['locck', undefined],
    ['tennt', undefined],
    ['ofo', 'of'],
    ['y', undefined],
    ['', undefined],
    ['zone', undefined],
    ['r'.repeat(65), undefined],
  ])('%s: %s', (given, meant) => {
    expect(didYouMean(given, KNOWN)).toBe(meant === undefined ? '' : ` Did you mean \`${meant}\`?`);
  });

  it('proposes the nearest name, whatever the order', () => {
    for (const known of [
      ['scope', 'scopes'],
      ['scopes', 'scope'],
    ]) {
      expect(didYouMean('scopess', known)).toContain('`scopes`');
      expect(didYouMean('scop', known)).toContain('`scope`');
    }
  });
});
