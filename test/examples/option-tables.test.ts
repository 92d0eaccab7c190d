/** Each public option has a row in the README of its package, with the range, the default and the variable of its docstring. */

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesUnder } from '../../scripts/workspace.mjs';
import { ROOT } from './readme-blocks.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Member {
  readonly name: string;
  readonly isOptional: boolean;
  readonly doc: string;
}

/** Types of options whose members are not a user's choice, and why. */
const NOT_IN_A_TABLE: Readonly<Record<string, string>> = {
  CredentialProviderOptions: 'for authors of exchangers: the API reference',
  AzureTokenOptions: "the second argument of getToken(), declared by Azure's SDK",
  MongoDbClientOptions: 'what mongodbOptions() returns',
  ApplicationOptions: "an input of the emulator's methods: the API reference",
  MintOptions: "an input of the emulator's methods: the API reference",
  StorageAccountOptions: "an input of the emulator's methods: the API reference",
  TenantOptions: "an input of the emulator's methods: the API reference",
  ConformanceOptions: 'an argument of the conformance suite, whose example has it',
  StoreConformanceOptions: 'an argument of the conformance suite, whose example has it',
  ManualClockOptions: 'the API reference',
  AwsSettings: 'the options of an entry that only code may set: their section in the README of credex',
  AzureSettings: 'the options of an entry that only code may set: their section in the README of credex',
  GcpSettings: 'the options of an entry that only code may set: their section in the README of credex',
  CredentialsSettings:
    'the options of all entries that only code may set: their section in the README of credex',
};

/** The public types of options, by package, from the snapshots of the public API. */
function publicTypes(): ReadonlyMap<string, string> {
  const folder = 'test/packaging/api';
  const found = new Map<string, string>();
  for (const file of readdirSync(join(ROOT, folder))) {
    const [packageName = '', entry = ''] = file.split('.');
    if (entry === 'internal') continue;
    for (const [, type = ''] of read(`${folder}/${file}`).matchAll(
      /\binterface (\w+(?:Options|Settings))\b/g,
    ))
      // The declarations of a cloud repeat those of core.
      if (type !== 'SharedOptions' || packageName === 'core') found.set(type, packageName);
  }
  return found;
}

/** What a type declares itself. What it extends is another type of the same list. */
function membersOf(type: string, packageName: string): readonly Member[] {
  const declaration = new RegExp(`^export interface ${type}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm');
  for (const path of filesUnder(`packages/${packageName}/src`)) {
    const [, body] = (path.endsWith('.ts') ? declaration.exec(read(path)) : undefined) ?? [];
    if (body === undefined) continue;
    const member = /(?:^ {2}\/\*\*([\s\S]*?)\*\/\n)?^ {2}readonly (\w+)(\?)?: ?/gm;
    return [...body.matchAll(member)].map(([, doc = '', name = '', optional]) => ({
      name,
      isOptional: optional === '?',
      doc: doc.replaceAll(/\s*\n\s*\*\s*/g, ' ').trim(),
    }));
  }
  throw new Error(`packages/${packageName}/src has no declaration of ${type}.`);
}

/** The rows of tables of a README whose first cell has the name as a span of code, each after the heading of its table. */
function rowsWith(readme: string, name: string): string {
  const found: string[] = [];
  for (const [table] of readme.matchAll(/(?:^\|.*\n)+/gm)) {
    const [heading = '', , ...rows] = table.split('\n');
    const own = rows.filter((row) => row.split('|')[1]?.includes(`\`${name}\``));
    if (own.length > 0) found.push(heading, ...own);
  }
  return found.join('\n');
}

/** What a docstring says that the rows do not. */
function missing({ name, isOptional, doc }: Member, rows: string): readonly string[] {
  if (rows === '') return [`\`${name}\` has no row`];
  const ranges = [...doc.matchAll(/(?<![\w-])(\d+(?:,\d{3})*) to (\d+(?:,\d{3})*)/g)].flatMap(
    ([, low, high]) => [low, high],
  );
  const variables = doc.match(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g) ?? [];
  const facts = [...ranges, ...variables].filter((fact): fact is string => fact !== undefined);
  const lacks = facts.filter((fact) => !rows.includes(fact));
  const isRequired = /\brequired\b/i.test(rows);
  if (!isOptional && !isRequired) lacks.push('required');
  if (/\bdefault\b/i.test(doc) && !isRequired && !/\bdefault\b/i.test(rows)) lacks.push('its default');
  return lacks.map((fact) => `the row of \`${name}\` lacks ${fact}`);
}

const types = [...publicTypes()].filter(([type]) => !(type in NOT_IN_A_TABLE));

test('the types of options are found, and none is listed in vain', () => {
  expect(types.length).toBeGreaterThan(30);
  expect(Object.keys(NOT_IN_A_TABLE).filter((type) => !publicTypes().has(type))).toEqual([]);
});

describe('the README of the package', () => {
  test.each(types)('has each option of %s (@credex/%s)', (type, packageName) => {
    const readme = read(`packages/${packageName}/README.md`);
    const options = membersOf(type, packageName).filter(({ doc }) => !doc.startsWith('Refused:'));
    expect(options.length).toBeGreaterThan(0);
    expect(options.flatMap((option) => missing(option, rowsWith(readme, option.name)))).toEqual([]);
  });
});
