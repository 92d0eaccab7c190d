/** `local: 'profile'`: a laptop without a Vercel token uses what its developer is logged in with. Never on Vercel. */

import type { OnEvent, SubjectTokenSource } from '@credex/core';
import { FederationError, createCredentialCache } from '@credex/core';
import { callerError, isLaptop } from '@credex/core/driver';
import type { Entry } from './entries.js';

/** What the providers of all clouds have; some are functions besides. */
export interface PortableProvider {
  invalidate(which: never): void;
  status(call: never): unknown;
}

export interface LocalProfile<P extends PortableProvider> {
  readonly name: string;
  readonly entry: Entry;
  /** The provider that exchanges the Vercel token. */
  readonly main: P;
  readonly open: (options: Readonly<Record<string, unknown>>) => P;
  readonly options: Readonly<Record<string, unknown>>;
}

const WHOSE = { aws: 'AWS profile', gcp: 'gcloud application default', azure: 'az login' } as const;

/** Signing in to a browser's session or asking `az` takes seconds. */
const PATIENCE_MS = 30_000;

/** What a provider does that brings a credential; each cloud has some of them. */
const BRINGING = ['getCredentials', 'getToken', 'getAccessToken'] as const;

type Method = (...args: readonly unknown[]) => unknown;
type Methods = Readonly<Record<string, Method | undefined>>;

/**
 * The main provider's shape. Where it finds no Vercel token (`no_subject_token`, and nothing else), the developer's own
 * profile answers, which a `warning` event says each time it takes over.
 */
export function withLocalProfile<P extends PortableProvider>({
  name,
  entry,
  main,
  open,
  options,
}: LocalProfile<P>): P {
  let local: Promise<P> | undefined;
  let answering: P = main;

  const attempt = async (ask: (provider: P) => unknown): Promise<unknown> => {
    try {
      const answer = await ask(main);
      answering = main;
      return answer;
    } catch (error) {
      if (!isNoToken(error) || !isLaptop()) throw error;
      local ??= openLocal().catch((failure: unknown) => {
        local = undefined;
        throw failure;
      });
      const provider = await local.catch((failure: unknown) => {
        throw callerError(failure);
      });
      if (answering === main) warn();
      answering = provider;
      return await ask(provider);
    }
  };

  async function openLocal(): Promise<P> {
    const exchanger = await localExchanger(name, entry);
    // A cache of its own: what a developer may do is never found by others in this process.
    const own = { exchanger, tokenSource: noToken(name), cache: createCredentialCache() };
    // `expect` speaks of tokens, and here is none.
    return open({ timeoutMs: PATIENCE_MS, ...options, ...own, audience: undefined, expect: undefined });
  }

  function warn(): void {
    const { provider } = entry;
    const message = `credentials.${name}: there is no Vercel token, so this machine's own ${WHOSE[provider]} is used (local: 'profile').`;
    try {
      (options['onEvent'] as OnEvent | undefined)?.({ type: 'warning', provider, message });
    } catch {
      // As core does: what a listener throws costs nobody a credential.
    }
  }

  const of = (provider: P): Methods => provider as unknown as Methods;
  const bringing = BRINGING.filter((method) => of(main)[method] !== undefined).map((method) => [
    method,
    (...args: readonly unknown[]) => attempt((provider) => of(provider)[method]?.(...args)),
  ]);
  const shape = {
    ...Object.fromEntries(bringing),
    invalidate(which: never): void {
      main.invalidate(which);
      local?.then((provider) => provider.invalidate(which)).catch(() => undefined);
    },
    status: (call: never) => answering.status(call),
  };
  if (typeof main !== 'function') return shape as unknown as P;
  const callable = (...args: readonly unknown[]): unknown =>
    attempt((provider) => (provider as unknown as Method)(...args));
  return Object.assign(callable, shape, { memoized: true }) as unknown as P;
}

function isNoToken(error: unknown): boolean {
  return FederationError.isInstance(error) && error.code === 'no_subject_token';
}

async function localExchanger(name: string, entry: Entry): Promise<unknown> {
  const option = `credentials.${name}.local`;
  switch (entry.provider) {
    case 'aws':
      return (await import('./local-aws.js')).localAwsExchanger(option);
    case 'gcp':
      return (await import('./local-gcp.js')).localGcpExchanger(option);
    case 'azure':
      return (await import('./local-azure.js')).localAzureExchanger(option);
  }
}

/** Known without I/O, so that nothing looks for a token. */
function noToken(name: string): SubjectTokenSource {
  return {
    capture: () => ({
      partition: JSON.stringify(['local-profile', name]),
      token: () =>
        Promise.reject(
          new FederationError({
            code: 'no_subject_token',
            provider: 'vercel',
            message: 'A local profile has no Vercel token.',
          }),
        ),
    }),
  };
}
