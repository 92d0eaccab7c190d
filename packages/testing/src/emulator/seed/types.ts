/** The document that seeds an emulator. */

import type { AwsAdmin } from '../aws/cloud.js';
import type { AzureAdmin } from '../azure/cloud.js';
import type { GcpAdmin } from '../gcp/cloud.js';
import type { ProjectInput, VercelAdmin } from '../vercel/cloud.js';

type Inputs<Method extends (input: never) => unknown> = readonly Parameters<Method>[0][] | undefined;

/** A project of the seed. `credex emulator` mints tokens of it. */
export interface SeedProject extends ProjectInput {
  /** The environments for which `credex emulator` mints tokens. Default: all of them. */
  readonly environments?: readonly string[] | undefined;
  /** The audience of these tokens. Default: `https://vercel.com/{team}`. */
  readonly audience?: string | undefined;
}

/**
 * What the emulated clouds trust and store, as plain JSON. Each list holds the inputs of one method of the emulator, such as
 * `emulator.aws.createRole`. The lists are applied in the order of this type, and an input may refer to what an earlier
 * one created.
 */
export interface EmulatorSeed {
  /** The address of a JSON schema, for editors. It is not read. */
  readonly $schema?: string | undefined;
  readonly vercel?: { readonly projects?: readonly SeedProject[] | undefined } | undefined;
  readonly aws?:
    | {
        readonly identityProviders?: Inputs<AwsAdmin['createOpenIdConnectProvider']>;
        readonly roles?: Inputs<AwsAdmin['createRole']>;
        readonly buckets?: Inputs<AwsAdmin['createBucket']>;
      }
    | undefined;
  readonly gcp?:
    | {
        readonly pools?: Inputs<GcpAdmin['createPool']>;
        readonly providers?: Inputs<GcpAdmin['createProvider']>;
        readonly projects?: Inputs<GcpAdmin['createProject']>;
        readonly serviceAccounts?: Inputs<GcpAdmin['createServiceAccount']>;
        readonly buckets?: Inputs<GcpAdmin['createBucket']>;
      }
    | undefined;
  readonly azure?:
    | {
        readonly tenants?: Inputs<AzureAdmin['createTenant']>;
        readonly applications?: Inputs<AzureAdmin['createApplication']>;
        readonly storageAccounts?: Inputs<AzureAdmin['createStorageAccount']>;
      }
    | undefined;
}

/** The emulated clouds that a seed is applied to. */
export interface SeedTarget {
  readonly vercel: VercelAdmin;
  readonly aws: AwsAdmin;
  readonly gcp: GcpAdmin;
  readonly azure: AzureAdmin;
}
