/** What credex knows of one cloud: its package, the settings of code, and how its credentials go on a request. */

import type { Entry } from '@credex/config';
import type { OpenProvider, PortableProvider } from '@credex/config/internal';

/** The types of a cloud: its provider, what a call of it returns, and its settings of `createCredentials`. */
export interface CloudTypes {
  readonly provider: PortableProvider;
  readonly credentials: object;
  readonly settings: object;
}

/** The options of all entries that only code may set. */
export type CodeOnly<E> = Pick<E, Extract<keyof E, 'origins' | 'allowLoopbackHttp'>>;

/** One cloud. The registry (registry.ts) has a line for each. Nothing of the cloud's package is loaded with it. */
export interface CredexCloud<T extends CloudTypes> {
  /** The names of its settings: `optionNames<Settings>({ … })`. */
  readonly settings: readonly (keyof T['settings'])[];
  /**
   * Imports the cloud's package and returns its factory.
   * @param failed To be the `catch` of the `import()`: explains an absent package.
   */
  factory(failed: (error: unknown) => Promise<never>): Promise<OpenProvider<T['provider']>>;
  /** Loaded with the first call of `authorize`. */
  requests(): Promise<CloudRequests<T['provider']>>;
  /** Never set: carries the types to the registry. */
  readonly types?: T;
}

/** How the credentials of a cloud go on a request, and which hosts may receive them. */
export interface CloudRequests<P> {
  /** Whether the cloud itself responds at this host: never a virtual machine, app or gateway of a customer. */
  isOwnHost(hostname: string, options: FactoryOptions): boolean;
  /** Returns the headers of the request, with the credential. */
  authorize(call: AuthorizeCall<P>): Promise<Authorization>;
}

/** The options that the entry's provider was made with. */
export type FactoryOptions = Readonly<Record<string, unknown>>;

export interface AuthorizeCall<P> {
  readonly request: Request;
  readonly entry: Entry;
  readonly provider: P;
  readonly options: AuthorizeOptions;
  /** Epoch milliseconds, from the clock of the settings. Default: now. */
  readonly at: number | undefined;
}

export interface Authorization {
  readonly headers: Headers;
  /** Set only if the body was read to be signed. */
  readonly body?: ArrayBuffer | undefined;
}

export interface AuthorizeOptions {
  /** The second argument of `fetch`, if the request is given as a URL. */
  readonly init?: RequestInit | undefined;
  /** AWS: the service to sign for, such as `s3`. Default: the one in the host name. */
  readonly service?: string | undefined;
  /** AWS: the region to sign for. Default: the one in the host name, else the entry's. */
  readonly region?: string | undefined;
  /**
   * AWS: `signed` reads the whole body and signs it; `unsigned` streams it, which only S3 accepts. Default: `signed`.
   */
  readonly payload?: 'signed' | 'unsigned' | undefined;
  /** Google Cloud and Azure: the scopes of this request. Default: the entry's. */
  readonly scopes?: string | readonly string[] | undefined;
  /** Aborts the wait of this caller; other callers of the same exchange are not affected. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether one of the hosts is this one. With a leading dot: every subdomain. Without: exactly this name. */
export const includesHost = (hosts: readonly string[], hostname: string): boolean =>
  hosts.some((host) => (host.startsWith('.') ? hostname.endsWith(host) : hostname === host));
