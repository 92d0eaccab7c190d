/** The fixture of this folder's tests: the emulator's own issuer, a clock that stands still, and request builders. */
import { createIssuer, type Issuer } from '../vercel/issuer.js';
import type { MintOptions } from '../vercel/mint.js';
import { createRandomHex } from '../runtime.js';
import type { Service, ServiceAnswer, ServiceRequest, EmulatedCloud, EmulatorRuntime } from '../service.js';
import { createGcpCloud, type GcpAdmin } from './cloud.js';

export const START: number = Date.parse('2026-11-22T10:00:00Z');
export const ISSUER = 'https://oidc.vercel.com/acme';
export const AUDIENCE = 'https://vercel.com/acme';
export const SUBJECT = 'owner:acme:project:shop:environment:production';
export const PROJECT = '123456789012';
export const POOL = `//iam.googleapis.com/projects/${PROJECT}/locations/global/workloadIdentityPools/vercel`;
export const PROVIDER = `${POOL}/providers/acme`;
export const PRINCIPAL = `principal:${POOL}/subject/${SUBJECT}`;
export const EMAIL = 'shop@acme-prod.iam.gserviceaccount.com';
export const CLOUD = 'https://www.googleapis.com/auth/cloud-platform';

const clock = { nowMs: START, now: (): number => clock.nowMs };
const { issuer, verify } = await createIssuer('https://oidc.vercel.com', [], clock);

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly log: Readonly<Record<string, string>>;
}

export interface TestGcp extends EmulatedCloud<GcpAdmin> {
  readonly runtime: EmulatorRuntime;
  readonly clock: { nowMs: number };
  readonly issuer: Issuer;
  service(name: string): Service;
  mint(options?: Partial<MintOptions>): Promise<string>;
  /** The exchange of a good token; a field that is `undefined` is left out. */
  exchange(fields?: Readonly<Record<string, string | undefined>>): Promise<Told>;
  /** A federated access token. */
  federated(scope?: string): Promise<string>;
  iam(method: string, token: string | undefined, body: unknown, email?: string): Promise<Told>;
  storage(
    verb: string,
    path: string,
    token: string | undefined,
    more?: Partial<ServiceRequest>,
  ): Promise<Told>;
}

/** A pool with one provider that maps `sub`; nothing else is set up. The clock starts again. */
export function testGcp(): TestGcp {
  clock.nowMs = START;
  issuer.setReachable(true);
  const runtime: EmulatorRuntime = { clock, randomHex: createRandomHex('gcp'), verifySubjectToken: verify };
  const cloud = createGcpCloud(runtime);
  cloud.admin.createPool({ projectNumber: PROJECT, poolId: 'vercel' });
  cloud.admin.createProvider({
    projectNumber: PROJECT,
    poolId: 'vercel',
    providerId: 'acme',
    issuerUri: ISSUER,
    allowedAudiences: [AUDIENCE],
    attributeMapping: { 'google.subject': 'assertion.sub', 'attribute.environment': 'assertion.environment' },
  });
  const service = (name: string): Service => {
    const found = cloud.services.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no service ${name}`);
    return found;
  };
  const mint: TestGcp['mint'] = (options) => issuer.mint({ ...SHOP, ...options });
  const exchange: TestGcp['exchange'] = async (fields) => {
    const form = { ...FORM, subject_token: await mint(), ...fields };
    const given = Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined);
    return told(
      await service('gcp-sts').handle(
        requestTo('POST', '/v1/token', {
          headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
          body: bytes(new URLSearchParams(given).toString()),
        }),
      ),
    );
  };
  return {
    ...cloud,
    runtime,
    clock,
    issuer,
    service,
    mint,
    exchange,
    federated: async (scope = CLOUD) => String((await exchange({ scope })).json['access_token']),
    iam: async (method, token, body, email = EMAIL) =>
      told(
        await service('gcp-iam-credentials').handle(
          requestTo('POST', `/v1/projects/-/serviceAccounts/${email}:${method}`, {
            headers: { 'content-type': 'application/json', ...bearer(token) },
            body: bytes(typeof body === 'string' ? body : JSON.stringify(body)),
          }),
        ),
      ),
    storage: async (verb, path, token, more = {}) =>
      told(
        await service('gcp-storage').handle(
          requestTo(verb, path, { ...more, headers: { ...more.headers, ...bearer(token) } }),
        ),
      ),
  };
}

const SHOP: MintOptions = {
  team: 'acme',
  teamId: 'team_acme',
  project: 'shop',
  projectId: 'prj_shop',
  environment: 'production',
};

const FORM: Readonly<Record<string, string>> = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  audience: PROVIDER,
  scope: CLOUD,
  requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
};

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

export function requestTo(
  method: string,
  target: string,
  more: Partial<ServiceRequest> = {},
): ServiceRequest {
  const [path = '', rawQuery = ''] = target.split('?');
  const query = new URLSearchParams(rawQuery);
  return {
    method,
    path,
    rawQuery,
    query,
    headers: {},
    host: 'x.test',
    secure: true,
    body: bytes(''),
    ...more,
  };
}

export function told({ status, headers = {}, body = '', log = {} }: ServiceAnswer): Told {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const isJson = (headers['content-type'] ?? '').startsWith('application/json');
  return { status, headers, text, log, json: (isJson ? JSON.parse(text) : {}) as Told['json'] };
}
