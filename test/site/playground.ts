/** The playground: its verdicts are those of `explain`, and the token stays in the page. */

import { explain } from '@credex/explain';
import type { ExplainInput } from '@credex/explain';
import { readSubjectToken } from '@credex/core/on-demand';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEAM } from '../demo/names.mjs';
import { AWS_CASES } from '../recorded/policies/aws-cases.js';
import { AWS_CONDITION_CASES } from '../recorded/policies/aws-condition-cases.js';
import { AZURE_CASES } from '../recorded/policies/azure-cases.js';
import { AZURE_CREDENTIAL_CASES } from '../recorded/policies/azure-credential-cases.js';
import { GCP_CASES } from '../recorded/policies/gcp-cases.js';
import { GITHUB_CONDITIONS } from '../recorded/policies/gcp-github-conditions.js';
import { PUBLIC_CONDITIONS } from '../recorded/policies/gcp-public-conditions.js';
import type { GcpCase } from '../recorded/policies/gcp-cases.js';
import type { PolicyCase } from '../recorded/policies/policy-case.js';
import { useFixture } from '../support/use-fixture.js';
import { serveSite } from './built-site.js';
import type { SiteServer } from './built-site.js';
import { errorsOf, hasChromium, launch } from './browser.js';
import type { CountedBrowser } from './browser.js';

const BOUND_MS = 600_000;
const LABELS = { aws: 'AWS', gcp: 'Google Cloud', azure: 'Azure' } as const;

interface Given {
  readonly of: PolicyCase;
  readonly cloud: keyof typeof LABELS;
  /** By the id of the field. */
  readonly texts: Readonly<Record<string, string>>;
}

const gcp = (of: GcpCase): Given => ({
  of,
  cloud: 'gcp',
  texts: {
    policy: JSON.stringify(of.policy),
    ...(of.serviceAccountPolicy !== undefined && {
      serviceAccountPolicy: JSON.stringify(of.serviceAccountPolicy),
    }),
    ...(of.projectPolicy !== undefined && { projectPolicy: JSON.stringify(of.projectPolicy) }),
  },
});
const plain =
  (cloud: 'aws' | 'azure') =>
  (of: PolicyCase): Given => ({ of, cloud, texts: { policy: JSON.stringify(of.policy) } });

const GIVEN: readonly Given[] = [
  ...[...AWS_CASES, ...AWS_CONDITION_CASES].map(plain('aws')),
  ...[...GCP_CASES, ...GITHUB_CONDITIONS, ...PUBLIC_CONDITIONS].map(gcp),
  ...[...AZURE_CASES, ...AZURE_CREDENTIAL_CASES].map(plain('azure')),
];

/** What `explain` finds, or that it refuses the text. */
function expected({ cloud, texts }: Given, jwt: string): string {
  const { policy = '', serviceAccountPolicy, projectPolicy } = texts;
  const input: ExplainInput = {
    cloud,
    policy,
    claims: readSubjectToken(jwt).claims,
    serviceAccountPolicy,
    projectPolicies: projectPolicy === undefined ? undefined : [projectPolicy],
  };
  try {
    const { verdict, findings } = explain(input);
    return `${verdict}: ${findings.map(({ code }) => code).join(' ')}`;
  } catch {
    return 'error: ';
  }
}

export function describePlayground(): void {
  const fixture = useFixture();
  const mint = (of: PolicyCase): Promise<string> =>
    fixture.emulator.issuer.mint({ ...TEAM, environment: 'production', ...of.token });

  describe.runIf(hasChromium())('the playground', () => {
    let site: SiteServer;
    let chromium: CountedBrowser;
    let page: Page;
    let errors: readonly string[];
    beforeAll(async () => {
      site = await serveSite();
      chromium = await launch();
      page = await chromium.browser.newPage();
      errors = errorsOf(page);
      await page.goto(`${site.origin}/playground.html`);
      await page.locator('[data-verdict]').first().waitFor();
    }, BOUND_MS);
    afterAll(async () => {
      await chromium.close();
      site.close();
    });

    /** Fills the fields and waits for the outcome of that. */
    async function evaluate(jwt: string, cloud: Given['cloud'], texts: Given['texts']): Promise<string> {
      await page.getByLabel('Token, or its claims').fill(jwt);
      await page.getByRole('radio', { name: LABELS[cloud] }).check();
      for (const field of await page.locator('textarea:not(#token)').all()) {
        const id = await field.getAttribute('id');
        await field.fill(texts[id ?? ''] ?? '');
      }
      await page.getByRole('button', { name: 'Evaluate' }).click();
      // An evaluation of earlier texts may end now: the one of these texts is the last.
      await page.waitForFunction(
        () => document.querySelector('[data-run]')?.getAttribute('aria-busy') === 'false',
      );
      const verdict = await page.locator('p.verdict').getAttribute('data-verdict');
      const codes = await page.locator('.findings > li > code').allTextContents();
      return `${verdict}: ${codes.join(' ')}`;
    }

    test(
      'gives the verdict and the findings of explain, for at least 200 policies',
      async () => {
        expect(GIVEN.length).toBeGreaterThanOrEqual(200);
        const verdicts = new Map<string, number>();
        for (const given of GIVEN) {
          const { iss } = given.of.token?.claims ?? {};
          if (typeof iss === 'string') fixture.emulator.issuer.addIssuer(iss);
          const jwt = await mint(given.of);
          const shown = await evaluate(jwt, given.cloud, given.texts);
          expect(shown, given.of.name).toBe(expected(given, jwt));
          const [verdict = ''] = shown.split(':');
          verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
        }
        console.log(`${GIVEN.length} policies in the browser:`, Object.fromEntries(verdicts));
        for (const verdict of ['allowed', 'refused', 'invalid'])
          expect(verdicts.get(verdict) ?? 0).toBeGreaterThan(20);
      },
      BOUND_MS,
    );

    test('keeps the token out of requests, the address, links and every storage', async () => {
      const jwt = await mint({ token: {} } as PolicyCase);
      const [, payload = '', signature = ''] = jwt.split('.');
      const [given] = GIVEN;
      await evaluate(jwt, 'aws', given?.texts ?? {});
      await page.getByRole('button', { name: 'Copy a link to this policy' }).click();
      await page.getByText(/contains the policies and not the token/).waitFor();
      const kept = await page.evaluate(async () => ({
        address: location.href,
        local: JSON.stringify(localStorage),
        session: JSON.stringify(sessionStorage),
        cookie: document.cookie,
        databases: JSON.stringify(await indexedDB.databases()),
        caches: JSON.stringify(await caches.keys()),
        history: JSON.stringify(history.state),
      }));
      const everything = JSON.stringify([kept, site.requests, chromium.outside]);
      for (const part of [payload, signature]) expect(everything).not.toContain(part);
      expect(kept.address).toMatch(/#cloud=aws&policy=/);
      expect(site.requests.filter((path) => path.includes('?'))).toEqual([]);
      expect(chromium.outside).toEqual([]);
    });

    test('a link shows the policy again, with the example token', async () => {
      const address = page.url();
      const policy = await page.getByLabel('Trust policy of the role').inputValue();
      const opened = await chromium.browser.newPage();
      await opened.goto(address);
      await opened.locator('[data-verdict]').first().waitFor();
      expect(await opened.getByLabel('Trust policy of the role').inputValue()).toBe(policy);
      expect(await opened.getByLabel('Token, or its claims').inputValue()).toContain('"project": "shop"');
      await opened.close();
    });

    test('no script of the page can send anything, to this site or to another', async () => {
      const before = site.requests.length;
      const outcomes = await page.evaluate(async () => {
        const picture = new Promise<string>((resolve) => {
          const image = new Image();
          image.addEventListener('load', () => resolve('loaded'));
          image.addEventListener('error', () => resolve('refused'));
          image.src = '/leak.svg?token';
        });
        const sent = await fetch('/leak?token').then(
          () => 'sent',
          () => 'refused',
        );
        return [sent, await picture, await picture];
      });
      expect(outcomes).toEqual(['refused', 'refused', 'refused']);
      expect(site.requests.slice(before)).toEqual([]);
    });

    test('is used by the keyboard alone', async () => {
      const opened = await chromium.browser.newPage();
      await opened.goto(`${site.origin}/playground.html`);
      await opened.locator('[data-verdict]').first().waitFor();
      await opened.getByLabel('Token, or its claims').focus();
      await opened.keyboard.press('Tab');
      await opened.keyboard.press('ArrowRight');
      await opened.getByLabel('Provider of the workload identity pool').waitFor();
      await opened.keyboard.press('Tab');
      expect(await opened.evaluate(() => document.activeElement?.id)).toBe('policy');
      await opened.locator('p.verdict').getByText('Refused').waitFor();
      await opened.close();
    });

    test('wrote no error to its console but those that the policy of the page caused', () => {
      expect(errors.filter((text) => !/Content Security Policy|Failed to load resource/.test(text))).toEqual(
        [],
      );
    });
  });
}
