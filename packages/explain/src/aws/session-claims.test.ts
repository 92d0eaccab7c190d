import { expect, it } from 'vitest';
import { sessionRequest } from './session-claims.js';

it('keeps a tag whose key is a name of JavaScript', () => {
  const claims = JSON.parse(
    '{"https://aws.amazon.com/tags":{"principal_tags":{"__proto__":["shop"]},"transitive_tag_keys":["__proto__"]}}',
  ) as Readonly<Record<string, unknown>>;
  const { tags, transitiveKeys } = sessionRequest(claims);
  expect(Object.entries(tags)).toEqual([['__proto__', 'shop']]);
  expect(transitiveKeys).toEqual(['__proto__']);
});
