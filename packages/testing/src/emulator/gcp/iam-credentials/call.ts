import type { ServiceRequest } from '../../service.js';
import type { AccessTokens } from '../access-tokens.js';
import type { ServiceAccount } from '../directory.js';
import type { Notes } from '../google-errors.js';
import type { Permission } from '../roles.js';
import type { SigningKeys } from '../signing-keys.js';

/** What a method of the IAM Credentials API needs, once its caller is known. */
export interface MethodCall {
  readonly request: ServiceRequest;
  /** Epoch milliseconds, once for the whole request. */
  readonly now: number;
  readonly tokens: AccessTokens;
  readonly keys: SigningKeys;
  readonly notes: Notes;
  /** The target, where the caller (through its delegates, if any) has the permission on it; else a refusal. */
  authorized(permission: Permission, delegates: readonly string[] | undefined): ServiceAccount;
}
