import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { configSchema } from './config-schema.js';
import { OPTIONS, PROVIDERS } from './option-table.js';

const published = fileURLToPath(new URL('../../credex/schema.json', import.meta.url));

test('the published schema is made from the table (update it with vitest -u)', async () => {
  await expect(`${JSON.stringify(configSchema(), null, 2)}\n`).toMatchFileSnapshot(published);
});

test('is a valid schema in strict mode', () => {
  const schema: unknown = JSON.parse(readFileSync(published, 'utf8'));
  expect(() => new Ajv({ strict: true, allowUnionTypes: true }).compile(schema as object)).not.toThrow();
});

test.each(PROVIDERS)('%s: contains no option that only code may set', (provider) => {
  const { definitions } = configSchema() as {
    definitions: Record<string, { properties: Record<string, unknown> }>;
  };
  const offered = Object.keys(definitions[provider]?.properties ?? {});
  const expected = Object.entries(OPTIONS[provider]).flatMap(([option, { kind }]) =>
    kind === 'code' ? [] : [option],
  );
  expect(offered.sort()).toEqual(['provider', ...expected].sort());
  for (const option of ['endpoint', 'stsEndpoint', 'origins', 'allowLoopbackHttp', 'universeDomain'])
    expect(offered).not.toContain(option);
});
