import { describe, expect, it } from 'vitest';
import { OptionError } from '../errors.js';
import { optionalPackage } from './optional-package.js';

const failing = (message: string, code: string) => {
  let imports = 0;
  const sdk = optionalPackage('@cloud/sdk', () => {
    imports += 1;
    return Promise.reject(Object.assign(new Error(message), { code }));
  });
  return { load: () => sdk.load().catch((thrown: unknown) => thrown), imports: () => imports };
};

describe('an optional package', () => {
  it.each([
    ["Cannot find package '@cloud/sdk' imported from /app/x.js", 'ERR_MODULE_NOT_FOUND'],
    ["Cannot find module '@cloud/sdk'\nRequire stack:", 'MODULE_NOT_FOUND'],
    ['Import "@cloud/sdk" not a dependency', 'ERR_MODULE_NOT_FOUND'],
  ])('is named where it is missing: %s', async (message, code) => {
    const thrown = await failing(message, code).load();
    expect(OptionError.isInstance(thrown) && thrown.code).toBe('missing_package');
    expect((thrown as Error).message).toContain('npm install @cloud/sdk');
  });

  it.each([
    [
      "Cannot find package '@cloud/base' imported from /app/node_modules/@cloud/sdk/x.js",
      'ERR_MODULE_NOT_FOUND',
    ],
    ["The requested module '@cloud/sdk' does not provide an export", 'ERR_OTHER'],
    ['x', 'ERR_REQUIRE_ESM'],
  ])('is not blamed for another failure: %s', async (message, code) => {
    expect(await failing(message, code).load()).toMatchObject({ message, code });
  });

  it('is looked for again after it was missing, and loaded once', async () => {
    const { load, imports } = failing("Cannot find module '@cloud/sdk'", 'MODULE_NOT_FOUND');
    await load();
    await load();
    expect(imports()).toBe(2);
    let loads = 0;
    const present = optionalPackage('@cloud/sdk', async () => ++loads);
    expect([await present.load(), await present.load()]).toEqual([1, 1]);
  });
});
