/** From a seed's items to calls of the emulator, whose own words say what a cloud would not take. */

import type { Emulator, MintOptions, ProjectInput } from '@credex/testing/emulator';
import type { Seed, SeedItem } from './read-seed.js';

/** Whose tokens may be asked for. */
export interface SeededProject extends ProjectInput {
  /** Undefined: any. */
  readonly environments?: readonly string[] | undefined;
  readonly audience?: MintOptions['audience'];
}

type Method = (input: never) => unknown;

/** @throws TypeError with the item's path before what the cloud said */
export function applySeed(emulator: Emulator, seed: Seed): readonly SeededProject[] {
  const { aws, gcp, azure, vercel } = emulator;
  const projects: SeededProject[] = [];
  const methods: Readonly<Record<string, Method>> = {
    'vercel.projects': ({ environments, audience, ...project }: SeededProject) => {
      vercel.createProject(project);
      projects.push({ ...project, environments, audience });
    },
    'aws.identityProviders': aws.createOpenIdConnectProvider,
    'aws.roles': aws.createRole,
    'aws.buckets': aws.createBucket,
    'gcp.pools': gcp.createPool,
    'gcp.providers': gcp.createProvider,
    'gcp.projects': gcp.createProject,
    'gcp.serviceAccounts': gcp.createServiceAccount,
    'gcp.buckets': gcp.createBucket,
    'azure.tenants': azure.createTenant,
    'azure.applications': azure.createApplication,
    'azure.storageAccounts': azure.createStorageAccount,
  };
  for (const item of seed) apply(methods[item.list] as Method, item);
  return projects;
}

function apply(method: Method, { path, value }: SeedItem): void {
  try {
    // Its shape was checked; what is in it is for the method to judge.
    method(value as never);
  } catch (error) {
    throw new SeedRefused(`\`${path}\`: ${error instanceof Error ? error.message : 'it was refused'}`);
  }
}

/** What a cloud would not take. */
export class SeedRefused extends TypeError {
  override readonly name = 'SeedRefused';
}
