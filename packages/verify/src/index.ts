export type {
  AllowRule,
  Allowed,
  TokenVerifier,
  TokenVerifierOptions,
  VercelTokenClaims,
} from './contract.js';
export type { TokenVerificationErrorCode, TokenVerificationErrorInit } from './errors.js';
export { TokenVerificationError } from './errors.js';
