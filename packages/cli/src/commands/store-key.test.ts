import { describe, expect, it } from 'vitest';
import { runInMemory } from '../memory-io.fixture.js';

describe('credex store-key', () => {
  it('prints a key for the environment, and nothing else', async () => {
    const { stdout, stderr, exit } = await runInMemory(['store-key', '--environment', 'my-staging']);
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    expect(stdout).toMatch(/^cxk1\.my-staging\.[\w-]{43}\n$/);
  });

  it('prints another key each time', async () => {
    const keys = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const { json } = await runInMemory(['store-key', '--environment', 'production', '--json']);
        return (json() as { key: string }).key;
      }),
    );
    expect(new Set(keys).size).toBe(3);
  });

  it('asks for the environment, and refuses one that is no name', async () => {
    const missing = await runInMemory(['store-key']);
    expect(missing.exit).toBe(2);
    expect(missing.stderr).toContain('credex store-key --environment production');
    expect((await runInMemory(['store-key', '--environment', 'Not A Name'])).exit).toBe(2);
  });
});
