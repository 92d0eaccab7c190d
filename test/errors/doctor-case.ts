/** Set-ups in which one thing is broken, and `credex doctor` run in them as a user runs it. */

import { join } from 'node:path';
import type { MintOptions } from '@credex/testing/emulator';
import { beforeAll, expect, vi } from 'vitest';
import { ensureBuilt } from '../../scripts/workspace.mjs';
import type { Ended, Outside } from '../support/command-line.js';
import { credex, documentOf, folder, outside, removeFolders } from '../support/command-line.js';
import { STORES } from '../support/credex.js';
import type { useFixture } from '../support/use-fixture.js';

const BOUND_MS = 120_000;
export type Cloud = keyof typeof STORES;

export interface Diagnosis {
  readonly isWell: boolean;
  readonly steps: readonly { readonly id: string; readonly status: string; readonly says?: string }[];
  readonly fault?: {
    readonly step: string;
    readonly code: string;
    readonly message: string;
    readonly command: string;
  };
}

export interface SetUp {
  /** Default: aws. */
  readonly cloud?: Cloud;
  /** Options of the entry in place of the good ones. */
  readonly entry?: object;
  /** In place of the whole file; false: there is none. */
  readonly config?: object | string | false;
  /** What is wrong about the token; false: there is none. */
  readonly token?: Partial<MintOptions> | string | false;
  readonly outside?: Partial<Outside>;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Breaks something in the emulator; the function that it returns repairs it. */
  readonly plant?: () => (() => void) | void;
}

export interface Wanted {
  readonly step: string;
  readonly code: string;
  readonly exit: number;
  /** What is to be typed. */
  readonly command: RegExp;
  readonly message?: RegExp;
}

export const STEPS = [
  'configuration',
  'token',
  'claims',
  'issuer',
  'signature',
  'cloud',
  'exchange',
  'use',
] as const;

export interface Doctor {
  diagnosed(setUp: SetUp, flags?: readonly string[]): Promise<Ended>;
  /** The one fault, its code and its command; all before it well, and nothing after it tried. No secret is printed. */
  expectFault(setUp: SetUp, wanted: Wanted): Promise<void>;
}

/** To be called once, at the top of a test file. */
export function useDoctor(fixture: ReturnType<typeof useFixture>): Doctor {
  vi.setConfig({ testTimeout: BOUND_MS });
  removeFolders();
  let ca: string;
  beforeAll(async () => {
    await ensureBuilt();
    ca = join(folder(), 'ca.pem');
    await fixture.emulator.writeCa(ca);
  }, BOUND_MS);

  async function diagnosed(setUp: SetUp, flags: readonly string[] = ['--json']) {
    const { cloud = 'aws', entry = {}, config, token = {}, plant } = setUp;
    const usual = { default: 'store', credentials: { store: { ...STORES[cloud], ...entry } } };
    const mend = plant?.();
    try {
      const jwt = typeof token === 'object' ? await fixture.mint(token) : token;
      const cwd = folder(config === false ? {} : { 'credex.config.json': config ?? usual });
      const env = {
        ...outside(fixture.emulator, { ca, ...setUp.outside }),
        ...(jwt === false ? {} : { VERCEL_OIDC_TOKEN: jwt }),
        ...setUp.env,
      };
      const ended = await credex(['doctor', 'store', ...flags, ...(setUp.args ?? [])], { cwd, env });
      const said = ended.stdout + ended.stderr;
      // The signature is what makes a token of it.
      if (jwt !== false && jwt.split('.').length === 3) expect(said).not.toContain(jwt.split('.')[2]);
      expect(said).not.toMatch(/ASIA[A-Z0-9]{16}|ya29\.|eyJ[\w-]+\.eyJ/);
      return ended;
    } finally {
      mend?.();
    }
  }

  async function expectFault(setUp: SetUp, wanted: Wanted): Promise<void> {
    const ended = await diagnosed(setUp);
    const document = documentOf<Diagnosis>(ended);
    expect(document.fault).toMatchObject({ step: wanted.step, code: wanted.code });
    expect(document.fault?.command).toMatch(wanted.command);
    expect(document.fault?.command).not.toContain('\n');
    if (wanted.message !== undefined) expect(document.fault?.message).toMatch(wanted.message);
    expect(document.isWell).toBe(false);
    expect(ended.code).toBe(wanted.exit);
    // All before it went well, and nothing after it was tried.
    const at = STEPS.indexOf(wanted.step as (typeof STEPS)[number]);
    expect(document.steps.map(({ id, status }) => [id, status])).toEqual(
      STEPS.map((id, index) => [id, index < at ? 'passed' : index === at ? 'failed' : 'not-reached']),
    );
  }

  return { diagnosed, expectFault };
}
