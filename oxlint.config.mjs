import { fileURLToPath } from 'node:url';

// Every rule that is on is an error. The house's own rules (credex/*) have their tables in scripts/arrows.mjs.
const everywhere = {
  'credex/no-export-star': 'error',
  'import/no-cycle': ['error', { ignoreTypes: false }],
  'import/no-self-import': 'error',
  'typescript/await-thenable': 'error',
  'typescript/ban-ts-comment': 'error',
  'typescript/no-explicit-any': 'error',
  'typescript/no-floating-promises': 'error',
  'typescript/no-misused-promises': 'error',
  'typescript/only-throw-error': 'error',
  // Interfaces here hold functions that need no `this`, and taking them apart is common.
  'typescript/unbound-method': 'off',
  'vitest/no-disabled-tests': 'error',
  // A test may call what asserts by another name, when the name says so.
  'vitest/expect-expect': [
    'error',
    { assertFunctionNames: ['expect*', 'assert*', 'fc.assert', 'run*', 'secretFree', 'refused'] },
  ],
  // A table's rows expect different things.
  'vitest/no-conditional-expect': 'off',
  'vitest/no-focused-tests': 'error',
  'vitest/require-mock-type-parameters': 'off',
  // An expectation that is awaited later is no mistake; one that never is, is a floating promise.
  'vitest/valid-expect': 'off',
  'vitest/valid-title': ['error', { allowArguments: true, ignoreTypeOfTestName: true }],
};

const sources = {
  'credex/arrows': 'error',
  'credex/no-ambient': 'error',
  'credex/no-require': 'error',
  'import/no-default-export': 'error',
  // Without blank lines and comments, so that a comment is never left out for the sake of this rule.
  'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
  'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
};

const tests = {
  'max-lines-per-function': 'off',
  'typescript/no-base-to-string': 'off',
  // What others throw is often no error.
  'typescript/only-throw-error': 'off',
  'typescript/require-array-sort-compare': 'off',
};

export default {
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'vitest'],
  jsPlugins: [fileURLToPath(new URL('scripts/oxlint-plugin.mjs', import.meta.url))],
  env: { browser: true, builtin: true, node: true },
  categories: { correctness: 'error' },
  rules: everywhere,
  overrides: [
    { files: ['packages/*/src/**'], rules: sources },
    { files: ['**/*.test.ts', '**/*.fixture.ts', 'test/**'], rules: tests },
  ],
  // The examples and the fixtures of `npm run hosts` use frameworks that aren't installed here. That suite compiles them.
  ignorePatterns: ['**/dist/**', '**/node_modules/**', 'examples/**', 'test/hosts/*/*/**'],
};
