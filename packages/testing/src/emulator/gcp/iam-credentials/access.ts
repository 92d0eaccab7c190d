/** Who may act as a service account. */
import { opensIamCredentials, type Grant, type BearerVerdict } from '../access-tokens.js';
import type { Directory, ServiceAccount } from '../directory.js';
import { errorInfo, invalidArgument, rpcRefusal } from '../google-errors.js';
import type { Principal } from '../principal.js';
import { isAllowed, SERVICE_ACCOUNT_ROLES, type Permission } from '../roles.js';

const SERVICE = 'iamcredentials.googleapis.com';
const REALM = 'Bearer realm="https://accounts.google.com/"';
const SEE =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.';

/** The caller's grant, or 401, or 403 where its scopes don't open this API. */
export function callerOf(verdict: BearerVerdict, method: string): Grant {
  const metadata = { service: SERVICE, method: `google.iam.credentials.v1.IAMCredentials.${method}` };
  if (!verdict.ok) {
    const missing = verdict.fault === 'missing';
    const reason = missing
      ? 'CREDENTIALS_MISSING'
      : verdict.fault === 'expired'
        ? 'ACCESS_TOKEN_EXPIRED'
        : undefined;
    throw rpcRefusal(
      401,
      missing
        ? `Request is missing required authentication credential. ${SEE}`
        : `Request had invalid authentication credentials. ${SEE}`,
      reason === undefined ? undefined : [errorInfo(reason, 'googleapis.com', metadata)],
      { 'www-authenticate': missing ? REALM : `${REALM}, error="invalid_token"` },
    );
  }
  if (!opensIamCredentials(verdict.grant.scopes))
    throw rpcRefusal(
      403,
      'Request had insufficient authentication scopes.',
      [errorInfo('ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'googleapis.com', metadata)],
      {
        'www-authenticate': `${REALM}, error="insufficient_scope", scope="https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/iam"`,
      },
    );
  return verdict.grant;
}

/** By email or unique id. */
export function findServiceAccount({ serviceAccounts }: Directory, id: string): ServiceAccount {
  const found =
    serviceAccounts.get(id) ?? [...serviceAccounts.values()].find(({ uniqueId }) => uniqueId === id);
  if (found === undefined) throw rpcRefusal(404, `Not found; Gaia id not found for email ${id}`);
  return found;
}

/** By the service account's own allow policy, or by what it inherits from its project. */
export function assertMay(
  { projects }: Directory,
  { email, bindings }: ServiceAccount,
  principal: Principal,
  permission: Permission,
): void {
  const projectId = /@([^@]+)\.iam\.gserviceaccount\.com$/.exec(email)?.[1] ?? '';
  // The address of a project of a domain, `example.com:shop`, has its parts the other way round.
  const inherited = projects.get(projectId.replace(/^([^.]+)\.(.+)$/, '$2:$1'))?.bindings ?? [];
  if (isAllowed(SERVICE_ACCOUNT_ROLES, [...bindings, ...inherited], principal, permission)) return;
  throw rpcRefusal(403, `Permission '${permission}' denied on resource (or it may not exist).`, [
    errorInfo('IAM_PERMISSION_DENIED', 'iam.googleapis.com', { permission }),
  ]);
}

/** Each delegate may act for the next; the answer is the last of them, or the caller where there is none. */
export function throughDelegates(
  directory: Directory,
  caller: Principal,
  delegates: readonly string[],
): Principal {
  return delegates.reduce<Principal>((principal, name) => {
    const email = /^projects\/-\/serviceAccounts\/([^/]+)$/.exec(name)?.[1];
    if (email === undefined) throw invalidArgument();
    const account = findServiceAccount(directory, email);
    assertMay(directory, account, principal, 'iam.serviceAccounts.implicitDelegation');
    return { kind: 'service-account', email: account.email };
  }, caller);
}
