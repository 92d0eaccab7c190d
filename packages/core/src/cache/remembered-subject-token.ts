/** `rememberedToken` for callers that are loaded on demand. */

import type { SubjectToken } from '../contract.js';
import { unreadableToken } from '../token/source-error.js';
import { rememberedToken } from './remembered-token.js';

/** @throws FederationError `invalid_subject_token` */
export function rememberedSubjectToken(jwt: string): SubjectToken {
  const { token, fault } = rememberedToken(jwt);
  if (token === undefined) throw unreadableToken(fault);
  return token;
}
