/** The access tokens that were issued: kept by their hash, so that nothing of the emulator's state is a secret. */
import { createHash } from 'node:crypto';
import type { EmulatorRuntime, ServiceRequest } from '../service.js';
import type { Principal } from './principal.js';
import type { Directory } from './directory.js';
import type { SigningKeys } from './signing-keys.js';

/** What the services of Google Cloud share. */
export interface GcpParts {
  readonly runtime: EmulatorRuntime;
  readonly directory: Directory;
  readonly keys: SigningKeys;
  readonly tokens: AccessTokens;
}

// The bearer token of a request, judged once for all APIs; each says the verdict in its own shape.

export type BearerVerdict =
  | { readonly ok: true; readonly grant: Grant }
  | { readonly ok: false; readonly fault: 'missing' | 'unknown' | 'expired' };

export function judgeBearer(
  request: ServiceRequest,
  { runtime, tokens, directory }: GcpParts,
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

/** OAuth scopes of Google: which exist, and which open what. https://developers.google.com/identity/protocols/oauth2/scopes */

const AUTH = 'https://www.googleapis.com/auth/';

export const CLOUD_PLATFORM: string = `${AUTH}cloud-platform`;

/** Google refuses a scope it doesn't know; the emulator knows those of the cloud's APIs and of sign-in. */
const NAMES = new Set(
  `cloud-platform cloud-platform.read-only iam iam.test
  devstorage.read_only devstorage.read_write devstorage.full_control devstorage.write_only
  appengine.admin accounts.reauth cloud-billing cloud-billing.readonly
  cloudplatformprojects cloudplatformprojects.readonly source.full_control source.read_only source.read_write
  bigquery bigquery.readonly bigquery.insertdata bigtable.admin bigtable.data bigtable.data.readonly
  cloud-identity cloud-vision cloud-translation cloud_debugger cloudkms cloudruntimeconfig
  compute compute.readonly datastore pubsub sqlservice.admin sqlservice.login alloydb.login spanner.admin spanner.data
  firebase firebase.readonly firebase.database firebase.messaging identitytoolkit
  logging.admin logging.read logging.write monitoring monitoring.read monitoring.write
  trace.append trace.readonly service.management service.management.readonly servicecontrol
  ndev.clouddns.readwrite ndev.clouddns.readonly cloud-healthcare cloud-language dialogflow
  generative-language generative-language.retriever userinfo.email userinfo.profile
  drive drive.file drive.readonly spreadsheets spreadsheets.readonly documents presentations calendar
  calendar.readonly gmail.send gmail.readonly gmail.modify analytics analytics.readonly androidpublisher
  admin.directory.user admin.directory.user.readonly admin.directory.group admin.directory.group.readonly
  adwords webmasters webmasters.readonly indexing chat.bot`
    .split(/\s+/)
    .map((name) => `${AUTH}${name}`)
    .concat('openid', 'email', 'profile'),
);

export const isKnownScope = (scope: string): boolean => NAMES.has(scope);

const opened = (scopes: readonly string[], by: readonly string[]): boolean =>
  scopes.some((scope) => by.includes(scope));

export const opensIamCredentials = (scopes: readonly string[]): boolean =>
  opened(scopes, [CLOUD_PLATFORM, `${AUTH}iam`]);

const STORAGE_WRITE = [CLOUD_PLATFORM, `${AUTH}devstorage.full_control`, `${AUTH}devstorage.read_write`];
const STORAGE_READ = [...STORAGE_WRITE, `${AUTH}devstorage.read_only`, `${AUTH}cloud-platform.read-only`];

export const opensStorage = (scopes: readonly string[], access: 'read' | 'write'): boolean =>
  opened(scopes, access === 'read' ? STORAGE_READ : STORAGE_WRITE);

export interface Grant {
  readonly principal: Principal;
  readonly scopes: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** More than any test issues; a soak test must not grow without end. */
const KEPT = 100_000;

export class AccessTokens {
  readonly #runtime: EmulatorRuntime;
  readonly #grants = new Map<string, Grant>();

  constructor(runtime: EmulatorRuntime) {
    this.#runtime = runtime;
  }

  /** Opaque, and as long as Google's, which have about a thousand characters where they are federated. */
  issue(grant: Grant): string {
    const [prefix, bytes] = grant.principal.kind === 'federated' ? ['ya29.d.', 720] : ['ya29.c.', 760];
    const seed = this.#runtime.randomHex(32);
    const token = `${prefix}${createHash('shake256', { outputLength: bytes }).update(seed).digest('base64url')}`;
    const oldest = this.#grants.size < KEPT ? undefined : this.#grants.keys().next().value;
    if (oldest !== undefined) this.#grants.delete(oldest);
    this.#grants.set(digest(token), grant);
    return token;
  }

  /** Also those that have expired: Google tells the two apart. */
  find(token: string): Grant | undefined {
    return this.#grants.get(digest(token));
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
