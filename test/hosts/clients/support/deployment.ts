// What a deployment has: options that reach the emulator, and a token of Vercel in the environment.
import type { AwsCredentialsProviderOptions } from '@credex/aws';
import type { AzureCredentialsProviderOptions } from '@credex/azure';
import type { GcpCredentialsProviderOptions } from '@credex/gcp';

interface Given {
  readonly options: {
    readonly aws: AwsCredentialsProviderOptions & { readonly region: string };
    readonly gcp: GcpCredentialsProviderOptions;
    readonly azure: AzureCredentialsProviderOptions;
  };
  /** `https://127.0.0.1:PORT` of each service of the emulator. */
  readonly urls: Readonly<Record<'aws-sts' | 'aws-s3' | 'gcp-storage' | 'azure-blob', string>>;
  readonly bucket: string;
  readonly projectId: string;
  /** The storage account and a container in it. */
  readonly account: string;
  readonly container: string;
  /** A role that the deployment's role may assume. */
  readonly secondRole: string;
  /** For servers of this process: the emulator's authority signed it for `localhost`. */
  readonly certificate: { readonly key: string; readonly cert: string };
  readonly tokens: Readonly<Record<'production' | 'preview', string>>;
}

export const { options, urls, bucket, projectId, account, container, secondRole, certificate, tokens } =
  JSON.parse(process.env['HOSTS_CLIENTS'] ?? '{}') as Given;

export const { region } = options.aws;

export const TEXT = 'an order of 3 pears';
