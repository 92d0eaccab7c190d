import { describe, expect, it } from 'vitest';
import { FederationError } from '../federation-error.js';
import { OptionError } from '../errors.js';
import { assertExpected, normalizeExpectation } from './subject-token.js';

const CLAIMS = {
  iss: 'https://oidc.vercel.com/acme',
  owner: 'acme',
  owner_id: 'team_1',
  project: 'shop',
  project_id: 'prj_1',
  environment: 'production',
};
const WHOLE = {
  owner: 'acme',
  ownerId: 'team_1',
  project: 'shop',
  projectId: 'prj_1',
  environment: 'production',
};

const caught = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

const SOURCE = { name: 'platform', sharedIssuers: ['https://shared.example'] };

describe('expect, the option', () => {
  it('keeps its members and drops those left out', () => {
    expect(normalizeExpectation(undefined)).toBeUndefined();
    expect(normalizeExpectation({ projectId: 'prj_1', owner: undefined })).toEqual({ projectId: 'prj_1' });
    expect(Object.isFrozen(normalizeExpectation(WHOLE))).toBe(true);
    expect(normalizeExpectation(WHOLE)).toEqual(WHOLE);
  });

  it.each([
    null,
    5,
    'prj_1',
    [],
    ['projectId'],
    {},
    { projectId: undefined },
    { projectId: '' },
    { projectId: 5 },
    { projectId: null },
    { project_id: 'prj_1' },
    { projectId: 'prj_1', user: 'x' },
    { constructor: 'x' },
    JSON.parse('{"__proto__":"x"}'),
  ])('refuses %j: what is misspelt must not expect nothing', (value) => {
    const error = caught(() => normalizeExpectation(value));
    expect(OptionError.isInstance(error) && error.option).toMatch(/^expect/);
  });
});

const rejected = (promise: Promise<void>): Promise<unknown> => promise.catch((error: unknown) => error);

describe('a token held against it', () => {
  it('passes where each member is met, and where nothing is expected', async () => {
    expect(await rejected(assertExpected(undefined, {}, SOURCE))).toBeUndefined();
    expect(await rejected(assertExpected(WHOLE, CLAIMS, SOURCE))).toBeUndefined();
  });

  it.each(Object.keys(WHOLE) as (keyof typeof WHOLE)[])(
    'is refused where %s is another, or missing',
    async (member) => {
      const claim = {
        owner: 'owner',
        ownerId: 'owner_id',
        project: 'project',
        projectId: 'project_id',
        environment: 'environment',
      }[member];
      for (const value of [undefined, 'other', WHOLE[member].toUpperCase(), `${WHOLE[member]} `, '']) {
        const error = await rejected(
          assertExpected({ [member]: WHOLE[member] }, { ...CLAIMS, [claim]: value }, SOURCE),
        );
        expect(FederationError.isInstance(error) && error.code).toBe('subject_mismatch');
        expect((error as FederationError).message).toContain(member);
        expect((error as FederationError).retryable).toBe(false);
      }
    },
  );

  it('needs an id under an issuer that many owners share, where names can be reused', async () => {
    const claims = { ...CLAIMS, iss: 'https://shared.example' };
    for (const names of [{ owner: 'acme' }, { project: 'shop' }, { environment: 'production' }])
      expect(await rejected(assertExpected(names, claims, SOURCE))).toMatchObject({
        code: 'subject_mismatch',
        provider: 'platform',
        hint: 'Add `projectId` or `ownerId` to `expect`.',
        message: expect.stringContaining("an issuer that many owners share ('https://shared.example')"),
      });
    for (const ids of [{ projectId: 'prj_1' }, { ownerId: 'team_1', owner: 'acme' }])
      expect(await rejected(assertExpected(ids, claims, SOURCE))).toBeUndefined();
    expect(await rejected(assertExpected({ owner: 'acme' }, claims, { name: 'platform' }))).toBeUndefined();
  });

  it('shows the claim of a hostile token on one line, cut short', async () => {
    const error = await rejected(
      assertExpected({ project: 'shop' }, { ...CLAIMS, project: `a\n\u202e${'x'.repeat(9_999)}` }, SOURCE),
    );
    expect((error as Error).message).not.toMatch(/[\n\u202e]/);
    expect((error as Error).message.length).toBeLessThan(500);
  });
});
