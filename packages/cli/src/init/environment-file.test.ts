import { expect, test } from 'vitest';
import { addedVariables } from './environment-file.js';

test('a value of several lines is not replaced, because its rest would be another variable', () => {
  const text = 'AWS_ROLE_ARN="old\nFOO=evil"\nBAR=2\n';
  const force = (): string =>
    addedVariables(text, { AWS_ROLE_ARN: 'new' }, { file: '.env.local', isForced: true });
  expect(force).toThrow('AWS_ROLE_ARN in .env.local cannot be replaced.');
});
