/** Federated identity credentials as a test writes them, checked by the rules of Microsoft Graph. */
import { credentialProblems, readCredentials } from '@credex/explain/internal';
import type { ReadCredential } from '@credex/explain/internal';

export interface FederatedCredential {
  readonly name: string;
  readonly issuer: string;
  /** Left out (`null` in Graph's responses) if there is a `claimsMatchingExpression`. */
  readonly subject?: string | null | undefined;
  /** Exactly one: a list of another length is refused, as Graph does. */
  readonly audience: string | readonly string[];
  /**
   * Of a flexible credential: `claims['sub'] matches 'repo:acme/*' and claims['repository_id'] eq '1'`. Kept for the
   * issuers of GitHub, GitLab and Terraform Cloud, with the claims and operators that Entra allows for each.
   */
  readonly claimsMatchingExpression?:
    { readonly value: string; readonly languageVersion: number } | null | undefined;
}

export interface CredentialRules {
  readonly kind: 'application' | 'managed-identity';
  /** The credentials are older than the rules for names and for the ids of GitHub's expressions. */
  readonly isOlder: boolean;
}

/**
 * Graph refuses the same when a credential is created, so that a test cannot rely on what Entra would never hold.
 *
 * @throws TypeError
 */
export function checkedCredentials(
  credentials: readonly FederatedCredential[],
  { kind, isOlder }: CredentialRules,
): readonly ReadCredential[] {
  const type = kind === 'application' ? undefined : 'Microsoft.ManagedIdentity/federatedIdentityCredentials';
  const read = readCredentials(
    credentials.map(({ audience, ...fields }) => ({ ...fields, audiences: [audience].flat(), type })),
    true,
  );
  const problem = credentialProblems(read).find(({ code }) => !isOlder || code !== 'refused_today');
  if (problem !== undefined) throw new TypeError(`federatedCredentials${problem.at}: ${problem.message}`);
  return read;
}
