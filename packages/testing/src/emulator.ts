/**
 * Vercel's OIDC issuer and the token endpoints of three clouds in one process, on loopback, by HTTP and TLS.
 * Nothing in it is kinder than the clouds are.
 */
import type { KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { optionNames, optionalInteger, optionalString, ownOptions } from '@credex/core/internal';
import { createAwsCloud } from './emulator/aws/cloud.js';
import type { AwsAdmin } from './emulator/aws/cloud.js';
import { createAzureCloud } from './emulator/azure/cloud.js';
import type { AzureAdmin } from './emulator/azure/cloud.js';
import { createCertificateAuthority } from './emulator/server/certificates.js';
import type { ServerCertificate } from './emulator/server/certificates.js';
import { createAdjustableClock, createRandomHex, createSkewableClock } from './emulator/runtime.js';
import type { AdjustableClock } from './emulator/runtime.js';
import { exchange } from './emulator/server/exchange.js';
import { createFaultField } from './emulator/faults/faults.js';
import type { FaultPlanter } from './emulator/faults/faults.js';
import { createGcpCloud, type GcpAdmin } from './emulator/gcp/cloud.js';
import { createIssuer } from './emulator/vercel/issuer.js';
import type { Issuer } from './emulator/vercel/issuer.js';
import { listen } from './emulator/server/listener.js';
import type { Listener } from './emulator/server/listener.js';
import { createRequestRecorder } from './emulator/server/log.js';
import type { RequestLog } from './emulator/server/log.js';
import { applySeed, seedItems } from './emulator/seed/seed.js';
import type { EmulatorSeed } from './emulator/seed/types.js';
import type { EmulatorClock, ServiceName, EmulatorRuntime } from './emulator/service.js';
import { createVercelCloud } from './emulator/vercel/cloud.js';
import type { VercelAdmin } from './emulator/vercel/cloud.js';

export type {
  AwsAdmin,
  BucketInput,
  DatabaseLogin,
  DatabaseService,
  DatabaseTokenFault,
  DatabaseTokenVerdict,
  PolicyDocument,
  PolicyScalar,
  PolicyStatement,
  PolicyValue,
  RoleInput,
} from './emulator/aws/cloud.js';
export type {
  ApplicationOptions,
  AzureAdmin,
  FederatedCredential,
  RoleAssignment,
  StorageAccountOptions,
  StorageRole,
  TenantOptions,
} from './emulator/azure/cloud.js';
export type { ServerCertificate } from './emulator/server/certificates.js';
export type { AdjustableClock } from './emulator/runtime.js';
export type { Fault, FaultKind, FaultPlan, FaultPlanter, PlantedFault } from './emulator/faults/faults.js';
export type {
  GcpAdmin,
  PoolId,
  ProjectConfig,
  ProviderId,
  ServiceAccountConfig,
} from './emulator/gcp/cloud.js';
export type { Issuer } from './emulator/vercel/issuer.js';
export type { LogEntry, RequestLog } from './emulator/server/log.js';
export type { MintOptions } from './emulator/vercel/mint.js';
export type { EmulatorSeed, SeedProject } from './emulator/seed/types.js';
export type { EmulatorClock, ServiceName, ServiceRequest } from './emulator/service.js';
export type { LoginInput, ProjectInput, VercelAdmin } from './emulator/vercel/cloud.js';

export interface EmulatorOptions<C extends EmulatorClock = AdjustableClock> {
  /** By default the real clock with an offset that `emulator.clock` moves. Certificates keep to the real one. */
  readonly clock?: C | undefined;
  /**
   * An object: what the clouds trust and store from the start, as `credex emulator --seed` reads it from a file. A text or a
   * number: makes the random ids (request ids, access keys, access tokens) the same in each run; keys stay random.
   */
  readonly seed?: EmulatorSeed | string | number | undefined;
  /** What tokens call their issuer; by default `https://oidc.vercel.com`. Without a slash at the end. */
  readonly issuerOrigin?: string | undefined;
  /** RSA private keys for the issuer, the current one first: spares a suite that starts many their making. */
  readonly signingKeys?: readonly KeyObject[] | undefined;
  /** A longer request body is refused with 413; 1 byte to 1 GiB, by default 16 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /**
   * Ports, 1 to 65,535, by the service's name, for TLS with `+tls` after it: `{ 'aws-sts': 9001, 'aws-sts+tls': 9002 }`.
   * By default the system chooses each.
   */
  readonly ports?: EmulatorPorts | undefined;
}

export type EmulatorPorts = Readonly<Partial<Record<ServiceName | `${ServiceName}+tls`, number>>>;

export interface Emulator<C extends EmulatorClock = AdjustableClock> {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  url(service: ServiceName): string;
  /** `https://127.0.0.1:PORT`; the certificate is good for it, for `localhost` and for any name asked by SNI. */
  tlsUrl(service: ServiceName): string;
  /** The certificate of the CA behind `tlsUrl`, PEM: for `ca` of an agent. */
  readonly ca: string;
  /** A certificate of that CA for `localhost` and 127.0.0.1: for a test's own server next to the emulator. */
  readonly serverCertificate: ServerCertificate;
  /** Writes `ca` to a file, for NODE_EXTRA_CA_CERTS of a child process. */
  writeCa(path: string): Promise<void>;
  readonly clock: C;
  readonly issuer: Issuer;
  /** STS (`aws-sts`) and S3 (`aws-s3`): accounts, their identity providers, roles and buckets. */
  readonly aws: AwsAdmin;
  /** Workload identity federation, service accounts and buckets. */
  readonly gcp: GcpAdmin;
  /** Entra (`entra`) and blob storage (`azure-blob`): tenants, their applications and storage accounts. */
  readonly azure: AzureAdmin;
  /** Vercel's API (`vercel-api`): projects and the logins of the CLI, for development tokens. */
  readonly vercel: VercelAdmin;
  readonly faults: FaultPlanter;
  readonly log: RequestLog;
  /** Ends every listener and every connection, hung ones too. A second call waits for the first. */
  close(): Promise<void>;
}

const MIB = 1024 * 1024;
const OPTION_NAMES: readonly string[] = optionNames<EmulatorOptions>({
  clock: true,
  seed: true,
  issuerOrigin: true,
  signingKeys: true,
  maxBodyBytes: true,
  ports: true,
});
const ORIGIN = { pattern: /^https?:\/\/[^/?#]+$/, says: "an origin such as 'https://oidc.vercel.com'" };

/**
 * Starts the emulator. Each service listens on its own ports, which the system chooses. Takes 0.3 to 0.6 s,
 * most of it for RSA keys (`signingKeys`).
 *
 * @throws OptionError for an option that is unknown or breaks its grammar, and for a seed that is not valid or that a cloud
 *   would refuse: its `option` is the path in the seed, such as `seed.aws.roles[0].arn`
 *
 * @example
 * const emulator = await startEmulator();
 * const token = await emulator.issuer.mint({
 *   team: 'acme', teamId: 'team_acme', project: 'shop', projectId: 'prj_shop', environment: 'production',
 * });
 * await emulator.close();
 */
export async function startEmulator(options?: EmulatorOptions): Promise<Emulator>;
export async function startEmulator<C extends EmulatorClock>(
  options: EmulatorOptions<C> & { readonly clock: C },
): Promise<Emulator<C>>;
export async function startEmulator(
  given: EmulatorOptions<EmulatorClock> = {},
): Promise<Emulator<EmulatorClock>> {
  const options = ownOptions('startEmulator', given, OPTION_NAMES);
  const origin =
    optionalString({ option: 'issuerOrigin' }, options.issuerOrigin, ORIGIN) ?? 'https://oidc.vercel.com';
  const maxBodyBytes =
    optionalInteger({ option: 'maxBodyBytes' }, options.maxBodyBytes, 1, 1024 * MIB) ?? 16 * MIB;
  const { seed } = options;
  const isRandomSeed = seed === undefined || typeof seed === 'string' || typeof seed === 'number';
  const items = isRandomSeed ? [] : seedItems(seed);
  const outerClock = options.clock ?? createAdjustableClock();
  const clock = createSkewableClock(outerClock);
  const [issuer, authority] = await Promise.all([
    createIssuer(origin, options.signingKeys ?? [], clock),
    createCertificateAuthority(),
  ]);
  const runtime: EmulatorRuntime = {
    clock,
    randomHex: createRandomHex(isRandomSeed ? seed : undefined),
    verifySubjectToken: issuer.verify,
  };
  const aws = createAwsCloud(runtime);
  const gcp = createGcpCloud(runtime);
  const azure = createAzureCloud(runtime);
  const vercel = createVercelCloud(runtime, issuer.issuer.mint);
  applySeed({ aws: aws.admin, gcp: gcp.admin, azure: azure.admin, vercel: vercel.admin }, items);
  const services = [issuer.service, ...aws.services, ...gcp.services, ...azure.services, ...vercel.services];

  const ports = checkedPorts(
    options.ports ?? {},
    services.map(({ name }) => name),
  );
  const faults = createFaultField(() => services.map(({ name }) => name));
  const recorder = createRequestRecorder(clock);
  const parts = { clock, faults, recorder, maxBodyBytes };
  const listeners = await listenAll(
    services.flatMap((service) =>
      [false, true].map((isTls) => {
        const key = isTls ? (`${service.name}+tls` as const) : service.name;
        const tls = isTls ? authority.serverOptions : undefined;
        return [key, () => listen((...a) => exchange(parts, service, isTls, ...a), tls, ports[key])] as const;
      }),
    ),
  );
  const portOf = (key: string, service: ServiceName): number => {
    const listener = listeners.get(key);
    if (listener === undefined) throw new TypeError(`There is no service '${service}'.`);
    return listener.port;
  };

  let closed: Promise<void> | undefined;
  return {
    url: (service) => `http://127.0.0.1:${portOf(service, service)}`,
    tlsUrl: (service) => `https://127.0.0.1:${portOf(`${service}+tls`, service)}`,
    ca: authority.ca,
    serverCertificate: authority.server,
    writeCa: (path) => writeFile(path, authority.ca),
    clock: outerClock,
    issuer: issuer.issuer,
    aws: aws.admin,
    gcp: gcp.admin,
    azure: azure.admin,
    vercel: vercel.admin,
    faults: { plant: faults.plant, clear: faults.clear },
    log: {
      entries: recorder.entries,
      count: recorder.count,
      clear: recorder.clear,
      subscribe: recorder.subscribe,
    },
    close: () => (closed ??= closeAll([...listeners.values()])),
  };
}

function checkedPorts(given: EmulatorPorts, services: readonly ServiceName[]): EmulatorPorts {
  const ports = ownOptions(
    'startEmulator (ports)',
    given,
    services.flatMap((name) => [name, `${name}+tls`]),
  );
  for (const [name, port] of Object.entries(ports))
    optionalInteger({ option: `ports.${name}` }, port, 1, 65_535);
  return ports;
}

async function listenAll(
  wanted: readonly (readonly [key: string, start: () => Promise<Listener>])[],
): Promise<ReadonlyMap<string, Listener>> {
  const listeners = new Map<string, Listener>();
  const results = await Promise.allSettled(
    wanted.map(async ([key, start]) => void listeners.set(key, await start())),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await closeAll([...listeners.values()]);
    throw failed.reason;
  }
  return listeners;
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}
