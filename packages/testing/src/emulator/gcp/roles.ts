/** The predefined roles the emulator knows, by the permissions it asks for. https://cloud.google.com/iam/docs/roles-permissions */
import { isMember, type Binding, type Principal } from './principal.js';

export type Permission =
  | 'iam.serviceAccounts.getAccessToken'
  | 'iam.serviceAccounts.getOpenIdToken'
  | 'iam.serviceAccounts.implicitDelegation'
  | 'iam.serviceAccounts.signBlob'
  | 'iam.serviceAccounts.signJwt'
  | 'storage.buckets.get'
  | 'storage.objects.create'
  | 'storage.objects.delete'
  | 'storage.objects.get'
  | 'storage.objects.list';

type Roles = ReadonlyMap<string, readonly Permission[]>;

export const SERVICE_ACCOUNT_ROLES: Roles = new Map<string, readonly Permission[]>([
  [
    'roles/iam.workloadIdentityUser',
    ['iam.serviceAccounts.getAccessToken', 'iam.serviceAccounts.getOpenIdToken'],
  ],
  [
    'roles/iam.serviceAccountTokenCreator',
    [
      'iam.serviceAccounts.getAccessToken',
      'iam.serviceAccounts.getOpenIdToken',
      'iam.serviceAccounts.implicitDelegation',
      'iam.serviceAccounts.signBlob',
      'iam.serviceAccounts.signJwt',
    ],
  ],
  ['roles/iam.serviceAccountOpenIdTokenCreator', ['iam.serviceAccounts.getOpenIdToken']],
  // Attaches the account to a resource (actAs); it gives no token, which is a frequent surprise.
  ['roles/iam.serviceAccountUser', []],
]);

export const BUCKET_ROLES: Roles = new Map<string, readonly Permission[]>([
  ['roles/storage.objectViewer', ['storage.objects.get', 'storage.objects.list']],
  ['roles/storage.objectCreator', ['storage.objects.create']],
  [
    'roles/storage.objectUser',
    ['storage.objects.create', 'storage.objects.delete', 'storage.objects.get', 'storage.objects.list'],
  ],
  [
    'roles/storage.objectAdmin',
    ['storage.objects.create', 'storage.objects.delete', 'storage.objects.get', 'storage.objects.list'],
  ],
  ['roles/storage.bucketViewer', ['storage.buckets.get']],
  [
    'roles/storage.admin',
    [
      'storage.buckets.get',
      'storage.objects.create',
      'storage.objects.delete',
      'storage.objects.get',
      'storage.objects.list',
    ],
  ],
]);

export function isAllowed(
  roles: Roles,
  bindings: readonly Binding[],
  principal: Principal,
  permission: Permission,
): boolean {
  return bindings.some(
    ({ role, members }) =>
      roles.get(role)?.includes(permission) === true && members.some((member) => isMember(principal, member)),
  );
}
