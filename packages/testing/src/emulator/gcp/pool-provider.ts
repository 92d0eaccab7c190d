/** An OIDC provider of a workload identity pool: whose tokens it takes, for which audience, and as whom. */
import { compileIdentityPolicy, type IdentityPolicy } from './attribute-mapping.js';

export interface ProviderConfig {
  /** Compared exactly with the token's `iss`; https only. */
  readonly issuerUri: string;
  /** At most ten. Without any: the provider's own resource name, as `//iam.googleapis.com/…` or `https://…`. */
  readonly allowedAudiences?: readonly string[] | undefined;
  /** CEL by target: `google.subject` (required), `google.groups`, `attribute.{name}`. */
  readonly attributeMapping: Readonly<Record<string, string>>;
  /** CEL over `assertion`, `google` and `attribute`; must give true. */
  readonly attributeCondition?: string | undefined;
  readonly disabled?: boolean | undefined;
}

export interface PoolProvider {
  readonly issuerUri: string;
  readonly audiences: readonly string[];
  readonly identify: IdentityPolicy;
  disabled: boolean;
}

/** @throws TypeError where Google would not take the configuration. */
export function createPoolProvider(resource: string, config: ProviderConfig): PoolProvider {
  if (!/^https:\/\/[^/?#]+[^?#]*$/.test(config.issuerUri))
    throw new TypeError(`issuerUri: Invalid OIDC issuer URI. The scheme must be https (${config.issuerUri})`);
  const allowed = config.allowedAudiences ?? [];
  if (allowed.length > 10 || allowed.some((audience) => audience === '' || audience.length > 256))
    throw new TypeError('allowedAudiences: ten at most, of 1 to 256 characters');
  return {
    issuerUri: config.issuerUri,
    audiences: allowed.length > 0 ? [...allowed] : [`//${resource}`, `https://${resource}`],
    identify: compileIdentityPolicy(config.attributeMapping, config.attributeCondition),
    disabled: config.disabled ?? false,
  };
}

const matches = (audiences: readonly string[], aud: unknown): boolean =>
  typeof aud === 'string' && audiences.includes(aud);

/** One of a token's audiences is enough. */
export function acceptsAudience(provider: PoolProvider, aud: unknown): boolean {
  return Array.isArray(aud)
    ? aud.some((one) => matches(provider.audiences, one))
    : matches(provider.audiences, aud);
}
