export type {
  AllowRule,
  Allowed,
  RuleInEffect,
  TokenVerifier,
  TokenVerifierOptions,
  VercelTokenClaims,
  VercelTokenVerifier,
} from './contract.js';
export type { TokenVerificationErrorCode, TokenVerificationErrorInit } from './errors.js';
export { TokenVerificationError } from './errors.js';
export { createTokenVerifier } from './create-token-verifier.js';
export type { RefusalOptions, VercelTokenOptions } from './adapter-options.js';
export type { Verified } from './with-vercel-token.js';
export { withVercelToken } from './with-vercel-token.js';
