/** One recorded response, through a cloud's own parser and classifier: what core would make of it. */

import type { Credential } from '@credex/core';
import { presentedToken } from '@credex/core/failure';
import { readSubjectToken } from '@credex/core/on-demand';
import type { ErrorClass, ExchangeContext, Exchanger } from '@credex/core/internal';
import { expect } from 'vitest';
import type { RecordedResponse } from './recorded-response.js';

const CLAIMS = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://vercel.com/acme',
  sub: 'owner:acme:project:shop:environment:production',
  owner: 'acme',
  owner_id: 'team_acme',
  project: 'shop',
  project_id: 'prj_shop',
  environment: 'production',
  exp: 4_000_000_000,
};

/** A token as Vercel's are made; its signature is text, since only a cloud verifies. */
function tokenOf(claims: object = CLAIMS): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', kid: 'k1' })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** @param before responses of earlier steps, in turn; an exchange that starts again gets them again */
export async function classifyRecorded<C extends Credential, R>(
  exchanger: Exchanger<C, R>,
  request: R,
  response: RecordedResponse,
  before: readonly object[] = [],
  claims: object = CLAIMS,
): Promise<ErrorClass> {
  const subject = readSubjectToken(tokenOf(claims));
  const { signal } = new AbortController();
  const responses = [...before.map((body) => ({ status: 200, headers: {}, body })), response];
  let sent = 0;
  const context: ExchangeContext = {
    signal,
    subject: async () => subject,
    step: async (_host, run) => run(signal),
    post: async () => {
      const { status, headers = {}, body } = responses[sent++ % responses.length] as RecordedResponse;
      return {
        status,
        headers: { ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      };
    },
  };
  const thrown: unknown = await exchanger.exchange(request, context).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown, 'the response was taken for a credential').toBeDefined();
  return exchanger.classify(thrown, presentedToken(subject.claims));
}

/** Holds what the classifier said against the row. */
export function expectRow(found: ErrorClass, row: RecordedResponse): void {
  expect(found).toMatchObject({ code: row.code, retry: row.retry, status: row.status });
  if (row.retriesAtMost !== undefined) expect(found.retriesAtMost).toBe(row.retriesAtMost);
  if (row.hint.length === 0) expect(found.hint).toBeUndefined();
  for (const named of row.hint) expect(found.hint).toMatch(named);
  if (row.not !== undefined) expect(found.hint ?? '').not.toMatch(row.not);
}

/** The sentence without what differs between two requests: ids, times, quoted values, what follows a trace id. */
export const sentenceOf = (description: string): string =>
  description
    .replace(/\s*Trace ID:.*$/s, '')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/'[^']*'|https?:\/\/\S+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '<value>')
    .replace(/identifier \S+ used/, 'identifier <value> used')
    .replace(/\b(?:scope|named) (?:<value> ?)+/g, (run) => `${run.split(' ')[0]} <value> `)
    .replace(/\[Reason[^\]]*\]/, '[Reason]')
    .trim();
