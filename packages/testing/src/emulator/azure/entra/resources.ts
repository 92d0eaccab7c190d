/** From the scope of a client credentials request to the resource the token is for. */
import { clientRefusals } from './refusal.js';

/** Microsoft's own resources, which have a service principal in every tenant. Without the trailing slash. */
const FIRST_PARTY: ReadonlySet<string> = new Set([
  'https://management.azure.com',
  'https://management.core.windows.net',
  'https://storage.azure.com',
  'https://vault.azure.net',
  'https://managedhsm.azure.net',
  'https://graph.microsoft.com',
  'https://database.windows.net',
  'https://ossrdbms-aad.database.windows.net',
  'https://cosmos.azure.com',
  'https://redis.azure.com',
  'https://cognitiveservices.azure.com',
  'https://ai.azure.com',
  'https://search.azure.com',
  'https://servicebus.azure.net',
  'https://eventhubs.azure.net',
  'https://azconfig.io',
  'https://containerregistry.azure.net',
  'https://monitor.azure.com',
  'https://api.loganalytics.io',
  'https://batch.core.windows.net',
]);

/** A storage account, a vault and a database account are resources each, by a wildcard of their service. */
const BY_HOST = /^https:\/\/[a-z0-9-]+\.(?:blob|queue|table|file|dfs)\.core\.windows\.net$/;

/**
 * `https://storage.azure.com/.default` is for `https://storage.azure.com`: the suffix goes, and nothing else, so
 * that `…//.default` is for the resource with its slash.
 */
export function resourceOf(scope: string): string {
  const scopes = scope.split(' ').filter((part) => part !== '');
  const [only] = scopes;
  if (only === undefined) throw clientRefusals.scopeWithoutDefault(scope);
  if (scopes.length > 1 && scopes.every((part) => part.endsWith('/.default')))
    throw clientRefusals.severalResources(scope);
  if (scopes.length > 1 || !only.endsWith('/.default') || only === '/.default')
    throw clientRefusals.scopeWithoutDefault(scope);
  return only.slice(0, -'/.default'.length);
}

export function isMicrosoftResource(resource: string): boolean {
  const name = resource.replace(/\/$/, '');
  return FIRST_PARTY.has(name) || BY_HOST.test(name);
}
