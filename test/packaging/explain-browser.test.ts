/** `@credex/explain` in a browser: small, without a module of Node, and with the globals of the web alone. */

import { createContext, runInContext } from 'node:vm';
import type { ExplainInput, ExplainOutcome, Explanation } from '@credex/explain';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { bundleSize } from '../bench/bundle-size.mjs';
import { ROOT } from './packages.js';

/** Compressed bytes. CEL alone has about 69 KB of them. */
const MOST = 112_640;

const CLAIMS = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://vercel.com/acme',
  sub: 'owner:acme:project:shop:environment:production',
  iat: 1,
  exp: 2,
};
const POOL = 'projects/123/locations/global/workloadIdentityPools/vercel';
const INPUTS: readonly ExplainInput[] = [
  {
    cloud: 'aws',
    claims: CLAIMS,
    policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/oidc.vercel.com/acme' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { 'oidc.vercel.com/acme:sub': 'owner:acme:*' } },
      },
    }),
  },
  {
    cloud: 'gcp',
    claims: CLAIMS,
    policy: JSON.stringify({
      name: `${POOL}/providers/vercel`,
      oidc: { issuerUri: CLAIMS.iss, allowedAudiences: [CLAIMS.aud] },
      attributeMapping: { 'google.subject': 'assertion.sub' },
      // Methods of texts and lists: a bundle for a page may be a script that is not strict.
      attributeCondition: `assertion.sub.startsWith('owner:acme:') && assertion.sub.matches('^owner:acme:') &&
        assertion.sub.split(':')[1].replace('ac', 'ab').extract('{all}').lowerAscii() == 'abme' &&
        ['a', 'b'].join('-').size() == 3 && [1, 2].exists(n, n == 2) && '%s'.format([1]) == '1' && false`,
    }),
  },
  { cloud: 'azure', claims: CLAIMS, policy: JSON.stringify([{ issuer: CLAIMS.iss, subject: CLAIMS.sub }]) },
];

/** A global object as a page has it: no `process`, no `Buffer`, no `require`. */
function page(more: object = {}): object {
  const context = createContext({ TextEncoder, TextDecoder, atob, btoa, ...more });
  // Node's own makes objects of another realm.
  runInContext(
    `globalThis.structuredClone = (value) =>
       Array.isArray(value) ? value.map(structuredClone)
       : value === null || typeof value !== 'object' ? value
       : Object.fromEntries(Object.entries(value).map(([name, one]) => [name, structuredClone(one)]))`,
    context,
  );
  return context;
}

async function script(entry: string, globalName = 'unused'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: `${ROOT}test/packaging`, loader: 'js' },
    bundle: true,
    write: false,
    format: 'iife',
    globalName,
    platform: 'browser',
    minify: true,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

describe('a bundle of @credex/explain', () => {
  const entry = `export { explain, explanationOf, PolicyFileError } from '@credex/explain';`;

  it('is small, and of CEL and our own modules alone', async () => {
    const { text, inputs, compressed, later } = await bundleSize(entry, ['browser']);
    expect(compressed + later).toBeLessThanOrEqual(MOST);
    const others = inputs.filter(
      (path) => !/(?:^|\/)packages\/explain\/dist\/|\/@bufbuild\/|^<stdin>$/.test(path),
    );
    expect(others).toEqual([]);
    expect(text).not.toMatch(/["']node:/);
  });

  it('explains as it does here, with the globals of a page', async () => {
    const { explain } = await import('@credex/explain');
    const context = page({ inputs: JSON.stringify(INPUTS) });
    const run = `JSON.stringify(JSON.parse(inputs).map((input) => library.explain(input)))`;
    const text: unknown = runInContext(`${await script(entry, 'library')}; ${run}`, context);
    const explained = JSON.parse(text as string) as readonly Explanation[];
    expect(explained.map(({ verdict }) => verdict)).toEqual(['refused', 'refused', 'invalid']);
    expect(explained).toEqual(JSON.parse(JSON.stringify(INPUTS.map((input) => explain(input)))));
  });

  it('answers each message in a web worker, also with the error of a text that is not a policy', async () => {
    let receive: ((event: { readonly data: unknown }) => void) | undefined;
    const posted: ExplainOutcome[] = [];
    const context = page({
      WorkerGlobalScope: class {},
      addEventListener: (_type: string, listener: typeof receive) => void (receive = listener),
      postMessage: (outcome: ExplainOutcome) =>
        void posted.push(JSON.parse(JSON.stringify(outcome)) as ExplainOutcome),
    });
    runInContext(await script(`import '@credex/explain/worker';`), context);
    for (const input of [...INPUTS, { cloud: 'aws', claims: CLAIMS, policy: '{' }])
      receive?.({ data: input });
    expect(posted.map((outcome) => Object.keys(outcome))).toEqual([
      ['explanation'],
      ['explanation'],
      ['explanation'],
      ['refused'],
    ]);
    expect(posted.at(-1)).toMatchObject({ refused: { code: 'policy_not_json', input: 'policy', line: 1 } });
  });
});
