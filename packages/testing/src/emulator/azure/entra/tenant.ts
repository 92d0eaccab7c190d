import type { Directory, Tenant } from '../directory.js';
import { requestRefusals } from './refusal.js';
import { isGuid } from '../guid.js';

const DNS_NAME = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;
/** Segments that stand for no tenant in particular. */
export const MULTI_TENANT: ReadonlySet<string> = new Set(['common', 'organizations', 'consumers']);

/** The tenant of a path; throws an EntraRefusal. */
export function tenantOf(directory: Directory, segment: string, at: 'token' | 'discovery'): Tenant {
  const tenant = directory.tenant(segment);
  if (tenant !== undefined) return tenant;
  if (MULTI_TENANT.has(segment.toLowerCase())) throw requestRefusals.noTenant();
  if (isGuid(segment) || DNS_NAME.test(segment)) throw requestRefusals.tenantNotFound(segment, at);
  throw requestRefusals.tenantSyntax(segment);
}
