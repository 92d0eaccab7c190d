/** The bearer token of a request, judged once for all APIs; each says the verdict in its own shape. */
import type { ServiceRequest, EmulatorRuntime } from '../service.js';
import type { AccessTokens, Grant } from './access-tokens.js';
import type { Directory } from './directory.js';

export type BearerVerdict =
  | { readonly ok: true; readonly grant: Grant }
  | { readonly ok: false; readonly fault: 'missing' | 'unknown' | 'expired' };

export function judgeBearer(
  request: ServiceRequest,
  {
    runtime,
    tokens,
    directory,
  }: { readonly runtime: EmulatorRuntime; readonly tokens: AccessTokens; readonly directory: Directory },
): BearerVerdict {
  const header = request.headers['authorization'];
  if (header === undefined || header === '') return { ok: false, fault: 'missing' };
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
  const grant = token === undefined ? undefined : tokens.find(token);
  if (grant === undefined) return { ok: false, fault: 'unknown' };
  if (grant.expiresAt <= runtime.clock.now()) return { ok: false, fault: 'expired' };
  // A disabled pool stops the tokens that were issued; a disabled provider stops only new exchanges.
  if (grant.principal.kind === 'federated' && directory.pools.get(grant.principal.pool)?.disabled !== false)
    return { ok: false, fault: 'unknown' };
  return { ok: true, grant };
}
