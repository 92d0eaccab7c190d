/**
 * What the command line knows of one cloud. `registry.ts` has a line for each; the commands find a cloud by the `provider`
 * of an entry, and none of them names one, except the commands for one cloud's own tools.
 */

import type { Entry, ProviderName } from '@credex/config';
import type { OpenProvider, PortableProvider } from '@credex/config/internal';
import type { Credential, CredentialCall, SubjectClaims, SubjectToken } from '@credex/core';
import type { Grammar } from '@credex/core/internal';
import type { ExplainInput } from '@credex/explain';
import type { EmulatorSeed, ServiceName } from '@credex/testing/emulator';
import type { CacheGateLogin, DatabaseGateLogin } from '@credex/testing/gates';
import type { Io } from '../io.js';
import type { Invocation, ToolConfig } from '../print-config/invocation.js';
import type { Checks } from '../setup/checks.js';
import type { Plan } from '../setup/plan.js';
import type { TrustRequest } from '../setup/trust-request.js';

/** The entries of one cloud. */
export type EntryOf<P extends ProviderName> = Extract<Entry, { readonly provider: P }>;

/** A provider of any cloud, as far as commands use it. */
export interface Provider<C> extends PortableProvider {
  getCredentials(call: Pick<CredentialCall<unknown>, 'signal'>): Promise<C>;
}

/** `E`: its entries. `C`: what its provider returns. */
export interface Cloud<E extends Entry = Entry, C extends Credential = Credential> {
  /** Imports the cloud's package and returns its factory. */
  factory(): Promise<OpenProvider<Provider<C>>>;
  readonly setup: CloudSetup<object>;
  /** Default: `credex init` does not know this cloud. With it, `variables` and `dev` are needed too. */
  readonly init?: CloudInit<object>;
  readonly doctor: CloudDoctor<E, C>;
  readonly environment: CloudEnvironment<E, C>;
  /** Default: an entry of this cloud is not made from variables. */
  readonly variables?: CloudVariables;
  /** Default: the emulator does not have this cloud. */
  readonly dev?: CloudDev<E>;
  /** Default: `credex explain` does not know this cloud. */
  readonly explain?: CloudExplain<E>;
  /** The tools that can call credex, the usual one first, and what each has to be told. */
  printConfig(name: string, entry: E, invocation: Invocation): ToolConfigs;
}

/** A cloud that `credex init` knows. */
export type InitCloud = Cloud & Required<Pick<Cloud, 'init' | 'variables' | 'dev'>>;

export const hasInit = (cloud: Cloud): cloud is InitCloud =>
  cloud.init !== undefined && cloud.variables !== undefined && cloud.dev !== undefined;

export type ToolConfigs = Readonly<Record<string, () => ToolConfig>>;

/** `credex setup`. `O`: the options of this cloud, as commander names them. */
export interface CloudSetup<O> {
  /** Completes "print … chosen environments of a Vercel project in": `an IAM role that lets`. */
  readonly grants: string;
  /** Flags and description of each option. */
  readonly options: readonly (readonly [flags: string, description: string])[];
  /** What `--audience` may be. Default: letters, digits and `:/._~-`. */
  readonly audience?: Grammar;
  /** Problems are reported to `checks`, so that all of them are found. */
  plan(request: TrustRequest, options: O, checks: Checks): Plan;
}

/** `credex init`. `O`: the options of `credex setup` and of this. */
export interface CloudInit<O> {
  /** Flags and description of each option that setup does not have. */
  readonly options: readonly (readonly [flags: string, description: string])[];
  /** The packages that a project needs. */
  readonly packages: readonly string[];
  /** The options of the entry that the trust is for. Problems are reported to `checks`. */
  entry(request: TrustRequest, options: O, checks: Checks): Readonly<Record<string, string>>;
}

/** `credex explain`, with the help of `@credex/explain`. */
export interface CloudExplain<E extends Entry> {
  /** What the file of `--policy` contains: `a role's trust policy`. */
  readonly file: string;
  /** The command that prints it. */
  readonly from: string;
  readonly options: readonly ExplainOption[];
  /** What an entry says about the exchange. */
  input(
    entry?: E,
  ): Pick<
    ExplainInput,
    'cloud' | 'roleArn' | 'roleSessionName' | 'sessionPolicy' | 'sessionPolicyArns' | 'assumeRole'
  >;
}

export interface ExplainOption {
  readonly flags: string;
  readonly description: string;
  /** The member of the input that it sets. */
  readonly input: Exclude<keyof ExplainInput, 'cloud' | 'policy' | 'claims' | 'now'>;
  /** The value is text of this form. Default: the value is a file, whose content is set. */
  readonly text?: Grammar;
  readonly isRepeatable?: true;
}

/** `credex doctor`. */
export interface CloudDoctor<E extends Entry, C extends Credential> {
  /**
   * The body of a successful response to the first request of an exchange, where a second request follows. Default: an
   * exchange is one request.
   */
  readonly firstResponse?: object;
  /** What the exchange returned, in a few words: `a session of account 123456789012`. */
  describe(credentials: C): string;
  /**
   * Uses the credentials in one call that needs no permission and changes nothing.
   * @returns whose they are
   * @throws Fault `use_refused`, `other_identity`
   */
  use(call: UseCall<E, C>): Promise<string>;
  /** The command to type for a fault of the exchange or the use of the entry `name`, by its code: one line for a POSIX shell. */
  remedy(entry: E, claims: SubjectClaims, code: string, name: string): string;
}

export interface UseCall<E extends Entry, C extends Credential> {
  readonly io: Io;
  readonly entry: E;
  readonly credentials: C;
  /** Where the exchange goes, in order. */
  readonly endpoints: readonly URL[];
  readonly signal: AbortSignal;
}

/** `credex exec`. */
export interface CloudEnvironment<E extends Entry, C extends Credential> {
  /**
   * Variables that the cloud's tools read before, or together with, those that exec sets: a profile, a key file, a client
   * secret. They are removed from the program's environment.
   */
  readonly conflicts: readonly string[];
  prepare(opened: OpenedEntry<E, C>, io: Io): Promise<Prepared>;
}

/** The options of an entry that the cloud's package reads from environment variables. */
export interface CloudVariables {
  /** The variables of each option. The first one that is set wins. */
  readonly options: Readonly<Record<string, readonly [string, ...string[]]>>;
  /** The options without which there is no entry. */
  readonly required: readonly string[];
}

/** `credex dev`: how a program meets the emulator. */
export interface CloudDev<E extends Entry> {
  /** The name of the cloud: `Google Cloud`. */
  readonly title: string;
  /** The hosts that a service of the emulator stands for: a regular expression of whole names in lower case. */
  readonly hosts: Readonly<Partial<Record<ServiceName, string>>>;
  /** The domains of these hosts, as NO_PROXY has them: `.amazonaws.com`. A proxy would take the requests to the cloud. */
  readonly domains: readonly string[];
  /** Variables by which programs that are not Node's find a service. `url`: its address. */
  endpoints(url: (service: ServiceName) => string): Readonly<Record<string, string>>;
  /** `credex dev --database`: how clients log in. Undefined where a variable that is needed is missing. */
  readonly databases: {
    postgres?(variables: Variables): DevLogin<DatabaseGateLogin> | undefined;
    redis?(variables: Variables): DevLogin<CacheGateLogin> | undefined;
  };
  /** What works unchanged, and what to change in a client. One line. */
  readonly advice: string;
  /** The part of a seed that trusts `trust` as the identities of the entries, which may do everything in `storage`. */
  seed(entries: readonly E[], trust: TrustRequest, storage: string): EmulatorSeed;
}

export type Variables = Readonly<Record<string, string | undefined>>;

export interface DevLogin<Check> {
  readonly check: Check;
  /** Who logs in. */
  readonly user: string;
}

/** Credentials as environment variables. */
export interface Prepared {
  readonly env: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** What expires then. */
  readonly what: string;
  /** Called when the program has ended. */
  remove?(): Promise<void>;
}

/** An entry that is ready to give credentials. */
export interface OpenedEntry<E extends Entry = Entry, C extends Credential = Credential> {
  readonly name: string;
  readonly entry: E;
  /** By the entry's provider, which the first call makes. @throws ConfigError, FederationError */
  getCredentials(call: Pick<CredentialCall<unknown>, 'signal'>): Promise<C>;
  /** The token that its cloud is shown. @throws FederationError */
  subject(): Promise<SubjectToken>;
}
