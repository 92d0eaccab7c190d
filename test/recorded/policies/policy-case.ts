/** A policy as somebody wrote it, the token that met it, and what comes of it. */

import type { FindingCode } from '@credex/cli';
import type { MintOptions } from '@credex/testing/emulator';

export interface PolicyCase {
  readonly name: string;
  /** The document or the thread it was written from. */
  readonly source: string;
  /** What differs from a production token of acme's project shop. */
  readonly token?: Partial<MintOptions>;
  /** As the cloud prints it. ACCOUNT and PROJECT_NUMBER are replaced by numbers of the case's own. */
  readonly policy: unknown;
  /** `invalid`: the cloud would not keep it. */
  readonly verdict: 'allowed' | 'refused' | 'invalid';
  /** No document and no record at hand says the verdict: it is what the definition leads to. */
  readonly isUnverified?: boolean;
  /** Every error and every warning, by its code, in any order. */
  readonly findings: readonly FindingCode[];
}

/** Stands in policies for the numbers of an account and of a project: each case gets its own. */
export const ACCOUNT = '123456789012';
export const PROJECT_NUMBER = '742613904155';

export const ISSUER = 'https://oidc.vercel.com/acme';
export const GLOBAL_ISSUER = 'https://oidc.vercel.com';
export const AUDIENCE = 'https://vercel.com/acme';
export const PRODUCTION = 'owner:acme:project:shop:environment:production';
export const PREVIEW = 'owner:acme:project:shop:environment:preview';

export const VERCEL_AWS = 'https://vercel.com/docs/oidc/aws';
export const VERCEL_GCP = 'https://vercel.com/docs/oidc/gcp';
export const VERCEL_AZURE = 'https://vercel.com/docs/oidc/azure';
export const VERCEL_REFERENCE = 'https://vercel.com/docs/oidc/reference';
