/** One request as it goes out, taken apart so far that each difference between two of them has a name. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Fetch, SharedOptions } from '@credex/core';
import { createCredentialCache } from '@credex/core';

type Pairs = readonly (readonly [name: string, value: string])[];

export interface Wire {
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  readonly query: Pairs;
  /** Names in lower case. */
  readonly headers: Pairs;
  /** Of a form, as they are encoded; of a JSON object, each as JSON text. In order. */
  readonly fields: Pairs;
}

export interface SentRequest {
  readonly method: string;
  readonly url: string | URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function wireOf({ method, url, headers, body }: SentRequest): Wire {
  const { origin, pathname, search } = new URL(url);
  return {
    method,
    origin,
    path: pathname,
    query: pairsOf(search.slice(1)),
    headers: Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    fields: body.startsWith('{')
      ? Object.entries(JSON.parse(body) as object).map(([name, value]) => [name, JSON.stringify(value)])
      : pairsOf(body),
  };
}

function pairsOf(text: string): Pairs {
  if (text === '') return [];
  return text.split('&').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [name, value.join('=')];
  });
}

/** What two requests do not have in common. */
export interface Difference {
  readonly where: 'method' | 'origin' | 'path' | 'query' | 'header' | 'field' | 'order';
  /** Of the header, parameter or field. */
  readonly name: string;
  /** Undefined where that side has none. */
  readonly official: string | undefined;
  readonly ours: string | undefined;
}

export function differences(official: Wire, ours: Wire): Difference[] {
  const places = (['method', 'origin', 'path'] as const)
    .filter((where) => official[where] !== ours[where])
    .map((where) => ({ where, name: '', official: official[where], ours: ours[where] }));
  return [
    ...places,
    ...differentPairs('query', official.query, ours.query),
    ...differentPairs('header', official.headers, ours.headers),
    ...differentPairs('field', official.fields, ours.fields),
    ...differentOrder(official.fields, ours.fields),
  ];
}

function differentPairs(where: Difference['where'], official: Pairs, ours: Pairs): Difference[] {
  const [theirs, own] = [valuesOf(official), valuesOf(ours)];
  return [...new Set([...theirs.keys(), ...own.keys()])]
    .map((name) => ({ where, name, official: theirs.get(name), ours: own.get(name) }))
    .filter((one) => one.official !== one.ours);
}

function valuesOf(pairs: Pairs): ReadonlyMap<string, string> {
  const values = new Map(pairs);
  if (values.size !== pairs.length) throw new Error('A name is sent twice.');
  return values;
}

/** Of the fields that both have. */
function differentOrder(official: Pairs, ours: Pairs): Difference[] {
  const common = (one: Pairs, other: Pairs): string =>
    one
      .map(([name]) => name)
      .filter((name) => other.some(([also]) => also === name))
      .join(' ');
  const [theirs, own] = [common(official, ours), common(ours, official)];
  return theirs === own ? [] : [{ where: 'order', name: '', official: theirs, ours: own }];
}

/** A fetch that keeps what it is asked to send, and answers as `answer` says. */
export function capture(answer: (sent: SentRequest) => string): { sent: SentRequest[]; fetch: Fetch } {
  const sent: SentRequest[] = [];
  return {
    sent,
    async fetch(url, init) {
      // As the platform reads it: a body may bring its own Content-Type.
      const outgoing = new Request(url, init);
      const request = {
        method: outgoing.method,
        url,
        headers: Object.fromEntries(outgoing.headers),
        body: await outgoing.text(),
      };
      sent.push(request);
      return new Response(answer(request), { headers: { 'content-type': 'application/json' } });
    },
  };
}

/** Over sockets of loopback: `sent` is what has arrived at `origin`. */
export async function overSocket(
  answer: (sent: SentRequest) => string,
  run: (origin: string, sent: SentRequest[]) => Promise<void>,
): Promise<void> {
  const sent: SentRequest[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method = '', headers } = request;
      const plain = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
      const url = new URL(request.url ?? '', `http://${headers.host}`);
      const arrived = { method, url, headers: Object.fromEntries(plain), body };
      sent.push(arrived);
      response.setHeader('content-type', 'application/json').end(answer(arrived));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Options that keep one exchange to itself. Without a `fetch` it leaves as users' do. */
export const alone = (jwt: string, fetch?: Fetch): SharedOptions => ({
  cache: createCredentialCache(),
  tokenSource: () => jwt,
  fetch,
});

/** A case as options. */
export function nameless<Case extends { readonly name: string }>(one: Case): Omit<Case, 'name'> {
  const { name, ...options } = one;
  void name;
  return options;
}

/** A subject token with every character that one may have. */
export function jwtOf(claims: object = {}): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const payload = { iss: 'https://oidc.vercel.com/acme', sub: 'owner:acme', exp: now + 3_600, ...claims };
  const signature = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return `${part({ alg: 'RS256' })}.${part(payload)}.${signature}`;
}
