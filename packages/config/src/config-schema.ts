/** The JSON schema of a configuration file, made from the table of options. Editors use it. */

import type { OptionRow } from './clouds/cloud.js';
import {
  ENVIRONMENT,
  OPTIONS,
  PROVIDERS,
  CREDENTIAL_NAME,
  MAX_NAME_LENGTH,
  type ProviderName,
} from './option-table.js';

type Schema = Readonly<Record<string, unknown>>;

const TEXT: Schema = { type: 'string', minLength: 1 };

/** The content of `schema.json` in the package `credex`. Options that only code may set are left out. */
export function configSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'credex.config.json',
    type: 'object',
    additionalProperties: false,
    required: ['credentials'],
    properties: {
      $schema: { type: 'string' },
      default: { type: 'string', description: 'The name that get() uses when it is called without one.' },
      credentials: {
        description:
          'The entries, by their names. A list has one entry for each environment, selected by `when`.',
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: CREDENTIAL_NAME.pattern.source, maxLength: MAX_NAME_LENGTH },
        additionalProperties: {
          anyOf: [
            { $ref: '#/definitions/entry' },
            { type: 'array', minItems: 1, items: { $ref: '#/definitions/entry' } },
          ],
        },
      },
    },
    definitions: {
      entry: { anyOf: PROVIDERS.map((provider) => ({ $ref: `#/definitions/${provider}` })) },
      ...Object.fromEntries(PROVIDERS.map((provider) => [provider, entrySchema(provider)])),
    },
  };
}

function entrySchema(provider: ProviderName): Schema {
  const { required, properties, ...rest } = recordSchema(OPTIONS[provider]);
  return {
    ...rest,
    required: ['provider', ...required],
    properties: { provider: { const: provider }, ...properties },
  };
}

/** An object of these members, less those that are set in code only. */
function recordSchema(rows: Readonly<Record<string, OptionRow>>) {
  const members = Object.entries(rows).filter(([, { kind }]) => kind !== 'code');
  return {
    type: 'object',
    additionalProperties: false,
    required: members.flatMap(([name, { required }]) => (required === true ? [name] : [])),
    properties: Object.fromEntries(
      members.map(([name, row]) => [name, { description: row.about, ...valueSchema(row) }]),
    ),
  };
}

function valueSchema(row: OptionRow): Schema {
  const text: Schema = {
    ...TEXT,
    ...(row.grammar === undefined ? {} : { pattern: row.grammar.pattern.source }),
    ...(row.oneOf === undefined ? {} : { enum: row.oneOf }),
  };
  const list: Schema = { type: 'array', minItems: 1, items: text };
  switch (row.kind) {
    case 'string':
      return text;
    case 'integer':
      return { type: 'integer', minimum: row.range?.[0], maximum: row.range?.[1] };
    case 'boolean':
      return { type: 'boolean' };
    case 'list':
      return list;
    case 'strings':
      return { anyOf: [text, list] };
    case 'tenants':
      return { anyOf: [{ const: '*' }, list] };
    case 'policy':
      return { type: ['object', 'string'] };
    case 'object': {
      const properties = Object.fromEntries((row.members ?? []).map((member) => [member, TEXT]));
      return { type: 'object', additionalProperties: false, minProperties: 1, properties };
    }
    case 'texts':
      return { type: 'object', additionalProperties: { type: 'string' } };
    case 'records':
      return { type: 'array', minItems: 1, items: recordSchema(row.rows ?? {}) };
    case 'when': {
      const name: Schema = { type: 'string', pattern: ENVIRONMENT.pattern.source };
      const environment: Schema = { anyOf: [name, { type: 'array', minItems: 1, items: name }] };
      return {
        type: 'object',
        additionalProperties: false,
        required: ['environment'],
        properties: { environment },
      };
    }
    case 'code':
      return {};
  }
}
