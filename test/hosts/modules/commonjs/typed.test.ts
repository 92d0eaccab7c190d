import { writeFileSync } from 'node:fs';
import { FederationError } from '@credex/core';
import { answers } from './ask';

test('the clouds answer', async () => {
  expect(FederationError.isInstance(new Error('of another kind'))).toBe(false);
  writeFileSync(process.env['HOSTS_ANSWERS'] ?? '', JSON.stringify(await answers()));
});
