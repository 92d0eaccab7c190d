import type { EmulatedCloud, EmulatorRuntime } from '../service.js';
import { createBucketIn, type Bucket, type BucketInput } from './s3/buckets.js';
import { IdentityStore } from './iam/identity-store.js';
import type { ProviderInput, RoleInput, User, UserInput } from './iam/identity-store.js';
import type { PolicyDocument } from './iam/policy-document.js';
import { createS3Service } from './s3/service.js';
import { SessionStore } from './sessions.js';
import { createStsService } from './sts/service.js';
import { signersOf, verifyDatabaseToken } from './database-tokens.js';
import type { DatabaseLogin, DatabaseTokenVerdict } from './database-tokens.js';

export type {
  DatabaseLogin,
  DatabaseService,
  DatabaseTokenFault,
  DatabaseTokenVerdict,
} from './database-tokens.js';
export type { BucketInput } from './s3/buckets.js';
export type { RoleInput } from './iam/identity-store.js';
export type { PolicyDocument, PolicyStatement, PolicyScalar, PolicyValue } from './iam/policy-document.js';

/** How a test sets AWS up. All throws are the test author's: what IAM or S3 would not take. */
export interface AwsAdmin {
  /**
   * Trusts an issuer in an account.
   *
   * @throws AwsSetupError for a URL or an account that IAM refuses, or a provider that is there already.
   */
  createOpenIdConnectProvider(input: ProviderInput): void;
  /** @throws MalformedPolicyDocumentError for a policy that IAM refuses; AwsSetupError for the rest. */
  createRole(input: RoleInput): { readonly roleId: string };
  /** Changes a role's policies or limit; its sessions live on. */
  updateRole(input: Pick<RoleInput, 'arn'> & Partial<RoleInput>): void;
  /** Ends the role and every session of it. */
  deleteRole(arn: string): void;
  /** A principal with permanent keys, for AssumeRole without a chain. */
  createUser(input: UserInput): Pick<User, 'accessKeyId' | 'secretAccessKey'>;
  /** A policy that a session may name in `PolicyArns`. */
  createManagedPolicy(input: { readonly arn: string; readonly document: PolicyDocument }): void;
  /** STS answers `RegionDisabledException` for this account where the Host header names this region. */
  disableStsRegion(input: { readonly accountId: string; readonly region: string }): void;
  /** @throws AwsSetupError for a name, an account or a region that S3 refuses. */
  createBucket(input: BucketInput): void;
  /**
   * Judges a password that is signed for a database or broker, as its service does: host, user, region, service, action, age,
   * session, each parameter once, and the signature. For a test's own server, or a gate before a real one.
   *
   * @example
   * const verdict = await emulator.aws.verifyDatabaseToken(password, {
   *   service: 'rds-db', host: 'db.example.com:5432', region: 'eu-west-1', user: 'shop',
   * });
   */
  verifyDatabaseToken(token: string, login: DatabaseLogin): Promise<DatabaseTokenVerdict>;
}

/** STS and a small S3, with the identities behind both. */
export function createAwsCloud(runtime: EmulatorRuntime): EmulatedCloud<AwsAdmin> {
  const identities = new IdentityStore(runtime);
  const sessions = new SessionStore(runtime, identities);
  const buckets = new Map<string, Bucket>();
  return {
    services: [createStsService(runtime, identities, sessions), createS3Service(runtime, buckets, sessions)],
    admin: {
      createOpenIdConnectProvider: (input) => void identities.createOpenIdConnectProvider(input),
      createRole: (input) => ({ roleId: identities.createRole(input).id }),
      updateRole: (input) => void identities.updateRole(input),
      deleteRole: (arn) => identities.deleteRole(arn),
      createUser: (input) => {
        const { accessKeyId, secretAccessKey } = identities.createUser(input);
        return { accessKeyId, secretAccessKey };
      },
      createManagedPolicy: (input) => identities.createManagedPolicy(input),
      disableStsRegion: (input) => identities.disableStsRegion(input),
      createBucket: (input) => createBucketIn(buckets, input),
      verifyDatabaseToken: (token, login) =>
        verifyDatabaseToken(token, login, signersOf(sessions), runtime.clock.now()),
    },
  };
}
