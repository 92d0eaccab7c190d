import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { configSchema } from './config-schema.js';
import { OPTIONS, PROVIDERS } from './option-table.js';

const published = fileURLToPath(new URL('../../credex/schema.json', import.meta.url));

test('what is published is made from the table (vitest -u writes it anew)', async () => {
  await expect(`${JSON.stringify(configSchema(), null, 2)}\n`).toMatchFileSnapshot(published);
});

test('it is a schema, strictly', () => {
  const schema: unknown = JSON.parse(readFileSync(published, 'utf8'));
  expect(() => new Ajv({ strict: true, allowUnionTypes: true }).compile(schema as object)).not.toThrow();
});

test.each(PROVIDERS)('%s: no option of code alone is offered to an editor', (provider) => {
  const { definitions } = configSchema() as {
    definitions: Record<string, { properties: Record<string, unknown> }>;
  };
  const offered = Object.keys(definitions[provider]?.properties ?? {});
  const expected = Object.entries(OPTIONS[provider]).flatMap(([option, { places }]) =>
    places === 'code' ? [] : [option],
  );
  expect(offered.sort()).toEqual(['provider', ...expected].sort());
  for (const option of ['endpoint', 'stsEndpoint', 'origins', 'allowLoopbackHttp', 'universeDomain'])
    expect(offered).not.toContain(option);
});
