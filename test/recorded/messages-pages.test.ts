/**
 * The website's pages of messages: what each cloud was seen to answer, and the code that it becomes. `npx vitest run
 * test/recorded/messages-pages.test.ts -u` writes them.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorClass } from '@credex/core/internal';
import { expect, test } from 'vitest';
import { awsConfiguration } from '../../packages/aws/src/options.js';
import { azureConfiguration } from '../../packages/azure/src/options.js';
import { gcpConfiguration } from '../../packages/gcp/src/options.js';
import { directAws, directAzure, directGcp } from '../support/direct.js';
import { AWS_REQUESTS } from './aws-requests.js';
import { AWS_TOKENS, ROLE } from './aws-tokens.js';
import { AZURE_IDENTITY } from './azure-identity.js';
import { AZURE_REQUEST } from './azure-request.js';
import { classifyRecorded } from './classify-recorded.js';
import { GOOGLE } from './google.js';
import type { RecordedResponse } from './recorded-response.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** What to do about each code, from the table of the main README: for the errors that have no hint. */
const ADVICE = new Map(
  [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^\| `(\w+)` +\|[^|]*\| ([^|]*?) *\|$/gm)].map(
    ([, code = '', advice = '']) => [code, advice],
  ),
);

/** Google's exchange has two steps. */
type Row = RecordedResponse & { readonly step?: string };

interface Page {
  readonly file: string;
  readonly cloud: string;
  readonly service: string;
  readonly rows: readonly Row[];
  /** The error that the response becomes. Its hint has the ids of the examples. */
  readonly classify: (row: Row) => Promise<ErrorClass>;
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

const SCOPES = ['https://storage.azure.com/.default'];
const TENANT = '11111111-2222-3333-4444-555555555555';
const CLIENT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const aws = directAws(awsConfiguration({ roleArn: ROLE, region: 'eu-west-1', durationSeconds: 7200 }));
const azure = directAzure(azureConfiguration({ tenantId: TENANT, clientId: CLIENT }));
const gcp = directGcp(
  gcpConfiguration({
    projectNumber: '123456789012',
    workloadIdentityPoolId: 'vercel',
    workloadIdentityPoolProviderId: 'vercel',
    serviceAccountEmail: 'app@my-project.iam.gserviceaccount.com',
  }),
);
const FEDERATED = { access_token: 'federated', token_type: 'Bearer', expires_in: 3_599 };

const PAGES: readonly Page[] = [
  {
    file: 'aws',
    cloud: 'AWS',
    service: 'STS',
    rows: [...AWS_TOKENS, ...AWS_REQUESTS],
    classify: (row) => classifyRecorded(aws, { region: 'eu-west-1' }, row),
    message: awsMessage,
  },
  {
    file: 'gcp',
    cloud: 'Google Cloud',
    service: 'its token service and IAM Credentials',
    rows: GOOGLE,
    classify: (row) =>
      classifyRecorded(
        gcp,
        { scopes: ['https://www.googleapis.com/auth/cloud-platform'] },
        row,
        row.step === 'impersonation' ? [FEDERATED] : [],
      ),
    message: googleMessage,
  },
  {
    file: 'azure',
    cloud: 'Azure',
    service: 'Microsoft Entra',
    rows: [...AZURE_IDENTITY, ...AZURE_REQUEST],
    classify: (row) => classifyRecorded(azure, { scopes: SCOPES, tenantId: TENANT, enableCae: false }, row),
    message: entraMessage,
  },
];

const LONGEST = 320;
/** What Markdown would take for more than text. */
const MARKED = /[&<|*_`[$@]|:?\/\//g;
const escaped = (value: string): string =>
  value.replaceAll(MARKED, (found) => Array.from(found, (one) => `&#${one.codePointAt(0)};`).join(''));
const cell = (value: string): string => {
  const line = value.replaceAll(/\s+/g, ' ').trim();
  return escaped(line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line);
};

/** A hint has its commands and options in backticks: they stay code. */
const withCode = (hint: string): string =>
  hint
    .split('`')
    .map((part, at) => (at % 2 === 0 ? escaped(part) : `\`${part.replaceAll('|', '\\|')}\``))
    .join('');

async function linesOf({ rows, message, classify }: Page): Promise<readonly string[]> {
  const seen = new Map<string, string>();
  for (const row of rows) {
    const words = message(row.body);
    if (words === '' || row.text === 'guessed' || seen.has(words)) continue;
    const { code, hint } = await classify(row);
    const advice = hint === undefined ? (ADVICE.get(code) ?? '') : withCode(hint);
    seen.set(words, `| ${cell(words)} | \`${code}\` | ${advice} |`);
  }
  return [...seen.values()];
}

async function pageOf(page: Page): Promise<string> {
  return [
    '---',
    'aside: false',
    'pageClass: messages',
    '---',
    '',
    `# What ${page.cloud} says`,
    '',
    `Each message that ${page.service} was seen to send, or that its documents name, with the code of the \`FederationError\` that`,
    'credex throws for it, and its `hint`. Search this page, or use the search of the site, with the words of your message. The ids',
    'here are examples. The error that you get has your own. If a preview is refused, do not extend the trust of production: see',
    '[A preview that is refused](/troubleshooting#a-preview-that-is-refused).',
    '',
    '<div v-pre>',
    '',
    '| message | code | what to do |',
    '| --- | --- | --- |',
    ...(await linesOf(page)),
    '',
    '</div>',
    '',
  ].join('\n');
}

test.each(PAGES)('the page of messages of $cloud is made of the recorded responses', async (page) => {
  expect(ADVICE.size).toBeGreaterThan(20);
  await expect(await pageOf(page)).toMatchFileSnapshot(
    join(ROOT, 'docs', 'site', 'messages', `${page.file}.md`),
  );
});
