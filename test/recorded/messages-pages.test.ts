/**
 * The website's pages of messages: what each cloud was seen to answer, and the code that it becomes. `npx vitest run
 * test/recorded/messages-pages.test.ts -u` writes them.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AWS_REQUESTS } from './aws-requests.js';
import { AWS_TOKENS } from './aws-tokens.js';
import { AZURE_IDENTITY } from './azure-identity.js';
import { AZURE_REQUEST } from './azure-request.js';
import { GOOGLE } from './google.js';
import type { RecordedResponse } from './recorded-response.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** What to do about each code, from the table of the main README. */
const ADVICE = new Map(
  [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^\| `(\w+)` +\|[^|]*\| ([^|]*?) *\|$/gm)].map(
    ([, code = '', advice = '']) => [code, advice],
  ),
);

interface Page {
  readonly file: string;
  readonly cloud: string;
  readonly service: string;
  readonly rows: readonly RecordedResponse[];
  /** What the cloud calls the error, and its words. */
  readonly message: (body: RecordedResponse['body']) => string;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const json = (body: RecordedResponse['body']): Readonly<Record<string, unknown>> =>
  typeof body === 'string' ? {} : (body as Readonly<Record<string, unknown>>);

function awsMessage(body: RecordedResponse['body']): string {
  const part = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text(body))?.[1] ?? '';
  return part('Code') === '' ? '' : `${part('Code')}: ${part('Message')}`;
}

function googleMessage(body: RecordedResponse['body']): string {
  const { error, error_description: description } = json(body);
  if (typeof error === 'string') return `${error}: ${text(description)}`;
  const { status, message } = (error ?? {}) as { status?: unknown; message?: unknown };
  return message === undefined ? '' : `${text(status)}: ${text(message)}`;
}

/** Entra's trace ids end each description. */
const entraMessage = (body: RecordedResponse['body']): string =>
  text(json(body)['error_description']).split(/\s*Trace ID:/)[0] ?? '';

const PAGES: readonly Page[] = [
  {
    file: 'aws',
    cloud: 'AWS',
    service: 'STS',
    rows: [...AWS_TOKENS, ...AWS_REQUESTS],
    message: awsMessage,
  },
  {
    file: 'gcp',
    cloud: 'Google Cloud',
    service: 'its token service and IAM Credentials',
    rows: GOOGLE,
    message: googleMessage,
  },
  {
    file: 'azure',
    cloud: 'Azure',
    service: 'Microsoft Entra',
    rows: [...AZURE_IDENTITY, ...AZURE_REQUEST],
    message: entraMessage,
  },
];

const LONGEST = 320;
/** What Markdown would take for more than text. */
const MARKED = /[&<|*_`[$]|:\/\//g;
const cell = (value: string): string => {
  const line = value.replaceAll(/\s+/g, ' ').trim();
  const cut = line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line;
  return cut.replaceAll(MARKED, (found) => Array.from(found, (one) => `&#${one.codePointAt(0)};`).join(''));
};

function pageOf({ cloud, service, rows, message }: Page): string {
  const seen = new Map<string, RecordedResponse['code']>();
  for (const { body, code, text: origin } of rows) {
    const words = message(body);
    if (words !== '' && origin !== 'guessed' && !seen.has(words)) seen.set(words, code);
  }
  const lines = [...seen].map(
    ([words, code]) => `| ${cell(words)} | \`${code}\` | ${ADVICE.get(code) ?? ''} |`,
  );
  return [
    '---',
    'aside: false',
    'pageClass: messages',
    '---',
    '',
    `# What ${cloud} says`,
    '',
    `Each message that ${service} was seen to send, or that its documents name, with the code of the \`FederationError\` that`,
    'credex throws for it. Search this page, or use the search of the site, with the words of your message. The ids in it are',
    'examples. The error itself has a hint with your own values.',
    '',
    '<div v-pre>',
    '',
    '| message | code | what to do |',
    '| --- | --- | --- |',
    ...lines,
    '',
    '</div>',
    '',
  ].join('\n');
}

test.each(PAGES)('the page of messages of $cloud is made of the recorded responses', async (page) => {
  expect(ADVICE.size).toBeGreaterThan(20);
  await expect(pageOf(page)).toMatchFileSnapshot(join(ROOT, 'docs', 'site', 'messages', `${page.file}.md`));
});
