import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { OptionError } from '@credex/core';
import { describe, expect, test } from 'vitest';
import { checkedConfig } from './check-config.js';
import { AWS, BAD, GOOD, store } from './configs.fixture.js';
import { ConfigError, FROM_CODE } from './config-error.js';
import { readJson } from './read-json.js';

const schema: unknown = JSON.parse(
  readFileSync(new URL('../../credex/schema.json', import.meta.url), 'utf8'),
);
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(schema as object);

/** The problems of a configuration from a file, each as `path: message`. */
function problemsOf(config: unknown): readonly string[] {
  try {
    const { raw, source } = readJson('credex.config.json', JSON.stringify(config, null, 2));
    checkedConfig(raw, source);
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error;
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

describe('valid configurations', () => {
  test.each(GOOD)('%s', (_name, config) => {
    expect(problemsOf(config)).toEqual([]);
    expect(validate(config)).toBe(true);
  });
});

describe('invalid configurations', () => {
  test.each(BAD)('%s', (_name, config, path, says, seen) => {
    const problems = problemsOf(config);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(says as RegExp);
    expect(problems[0]?.startsWith(`${String(path)}: `)).toBe(true);
    // The schema reports the same to editors, where it can.
    expect(validate(JSON.parse(JSON.stringify(config)))).toBe(seen === false);
  });

  test('all problems at once, in order, each with its line and column', () => {
    const text = `{
  "default": "shop",
  "credentials": {
    "store": { "provider": "aws", "rolArn": "x", "region": "europe" },
    "blobs": { "provider": "azure", "tenantId": 7, "clientId": "f3d2a9c4-8e17-4b0a-b6de-51c0a7e94d22" }
  }
}`;
    const { raw, source } = readJson('credex.config.json', text);
    const error = refusal(() => checkedConfig(raw, source));
    expect(error.problems.map(({ path, line, column }) => [path, line, column])).toEqual([
      ['default', 2, 14],
      ['credentials.store.rolArn', 4, 45],
      ['credentials.store.region', 4, 60],
      ['credentials.store.roleArn', 4, 5],
      ['credentials.blobs.tenantId', 5, 49],
    ]);
    expect(error.message).toMatch(/^5 problems:\n {2}credex\.config\.json:2:14: `default`/);
    expect(error).toMatchObject({ code: 'invalid_option', option: 'default', source: 'credex.config.json' });
    expect(OptionError.isInstance(error)).toBe(true);
  });

  test('from code, a problem has no line; code may set where tokens are sent', () => {
    const error = refusal(() => checkedConfig(store({ ...AWS, regio: 'x' }), FROM_CODE));
    expect(error.problems[0]).toMatchObject({ path: 'credentials.store.regio' });
    expect(error.problems[0]).not.toHaveProperty('line');
    const entry = { ...AWS, endpoint: 'https://sts.example.com', origins: ['https://example.com'] };
    expect(checkedConfig(store(entry), FROM_CODE)).toEqual(store(entry));
  });

  test('a configuration that contains itself', () => {
    const policy: Record<string, unknown> = {};
    policy['Statement'] = [policy];
    expect(refusal(() => checkedConfig(store({ ...AWS, policy }), FROM_CODE)).message).toMatch(
      /contains itself/,
    );
  });

  test('names of prototype members are ordinary keys', () => {
    const text = `{"credentials": {"__proto__": ${JSON.stringify(AWS)}}, "__proto__": {"default": "x"}}`;
    const { raw, source } = readJson('f', text);
    const error = refusal(() => checkedConfig(raw, source));
    expect(error.problems.map(({ path }) => path)).toEqual(['__proto__', 'credentials.__proto__']);
    expect(({} as { default?: unknown }).default).toBeUndefined();
  });

  test('the checked configuration is a frozen copy', () => {
    const original = { credentials: { store: { ...AWS, policyArns: ['arn:aws:iam::aws:policy/X'] } } };
    const checked = checkedConfig(original, FROM_CODE);
    original.credentials.store.policyArns.push('later');
    original.credentials.store.roleArn = 'later';
    expect(checked.credentials['store']).toMatchObject({ ...AWS, policyArns: ['arn:aws:iam::aws:policy/X'] });
    expect(Object.isFrozen(checked.credentials['store'])).toBe(true);
  });
});

function refusal(run: () => unknown): ConfigError {
  try {
    run();
  } catch (error) {
    if (ConfigError.isInstance(error)) return error;
    throw error;
  }
  throw new TypeError('It was taken.');
}
