/** Events of a provider. They contain names and times only: no token, no key, no claim about a person. */

import type { FederationErrorCode } from './contract.js';
import { errorLine } from './visible.js';
import { builtinModule } from './runtime/environment.js';

/**
 * `hit`: a record was adopted. `miss`: there was none, or none that is better than the cached credential. `written`: this
 * instance's credential was stored. `deferred`: another instance makes the exchange, and the cached credential is still
 * good. `deleted`: the record of a credential that a service refused. `unreadable`: a record of another key, or a changed
 * one. `failed`: the store threw or took too long, so this instance exchanges. `skipped`: it failed three times in a row less
 * than 30 s ago.
 */
export type StoreOutcome =
  'hit' | 'miss' | 'written' | 'deferred' | 'deleted' | 'unreadable' | 'failed' | 'skipped';

/**
 * `exchangeId` is the same in all events of one exchange, and no other exchange of this process has it: of the exchanges
 * that run at one time, each event says which one it is about.
 */
export type CredentialEvent =
  | { readonly type: 'exchange-started'; readonly provider: string; readonly exchangeId: number }
  | {
      readonly type: 'exchange-succeeded';
      readonly provider: string;
      readonly exchangeId: number;
      readonly durationMs: number;
      readonly expiresAt: number;
    }
  | {
      readonly type: 'exchange-failed';
      readonly provider: string;
      readonly exchangeId: number;
      readonly durationMs: number;
      readonly code: FederationErrorCode;
    }
  /** One step of an exchange is retried. */
  | {
      readonly type: 'retrying';
      readonly provider: string;
      readonly exchangeId: number;
      readonly code: FederationErrorCode;
      readonly delayMs: number;
    }
  /** A call was answered: with the cached credential, or with the result of an exchange or a store that it waited for. */
  | { readonly type: 'served'; readonly provider: string; readonly from: 'cache' | 'exchange' | 'store' }
  /** What became of the shared store in one refresh. */
  | {
      readonly type: 'store';
      readonly provider: string;
      readonly outcome: StoreOutcome;
      /** Of `failed`: the function of the store. */
      readonly operation?: 'get' | 'set' | 'delete' | 'lock' | 'takeOver' | 'unlock' | undefined;
      /** Of `failed`: the engine's or the network's code, such as `READONLY`; `TIMEOUT` if it took too long. */
      readonly code?: string | undefined;
      readonly durationMs?: number | undefined;
    }
  /** A cached credential was returned although it is valid for less than the call's `minValidityMs`. */
  | {
      readonly type: 'min-validity-missed';
      readonly provider: string;
      readonly minValidityMs: number;
      readonly validMs: number;
    }
  /** A refresh started in the background. */
  | { readonly type: 'refresh-ahead'; readonly provider: string }
  /** An exchange is overdue because the process was frozen: its callers start again. */
  | { readonly type: 'abandoned'; readonly provider: string; readonly exchangeId: number }
  | { readonly type: 'invalidated'; readonly provider: string }
  | { readonly type: 'evicted'; readonly provider: string }
  /** A call failed with the error of an earlier exchange; no exchange was made. */
  | { readonly type: 'refused'; readonly provider: string; readonly code: FederationErrorCode }
  /** The token belongs to another identity than the platform names: its digest is the identity key instead. */
  | { readonly type: 'identity-mismatch'; readonly provider: string; readonly exchangeId: number }
  /** Something that the user may not expect, such as a default region. */
  | { readonly type: 'warning'; readonly provider: string; readonly message: string };

/** Errors that it throws are dropped: a failing logger must not fail a call. */
export type OnEvent = (event: CredentialEvent) => void;

export interface Emitter {
  /** False while nothing listens: then no event needs to be built. */
  readonly listening: boolean;
  emit(event: CredentialEvent): void;
}

type WithoutProvider<E> = E extends CredentialEvent ? Omit<E, 'provider'> : never;
/** An event of a provider that adds its own name. */
export type ProviderEvent = WithoutProvider<CredentialEvent>;

/** The name of the node:diagnostics_channel that carries the same events. */
export const DIAGNOSTICS_CHANNEL: string = 'credex';

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface DiagnosticsChannels {
  channel(name: string): Channel;
}

export function createEmitter(onEvent: OnEvent | undefined): Emitter {
  const channels = builtinModule('node:diagnostics_channel') as DiagnosticsChannels | undefined;
  const channel = channels?.channel(DIAGNOSTICS_CHANNEL);
  return {
    get listening() {
      return onEvent !== undefined || channel?.hasSubscribers === true;
    },
    emit(given) {
      const event = given.type === 'warning' ? { ...given, message: errorLine(given.message) } : given;
      if (channel?.hasSubscribers === true) channel.publish(event);
      callListener(onEvent, event);
    },
  };
}

/** Calls a listener, if there is one. What it throws or rejects with is dropped: it must not fail the work that it is told of. */
export function callListener<T>(listener: ((told: T) => unknown) | undefined, told: T): void {
  try {
    // An asynchronous listener returns a promise, whatever its type says.
    const returned = listener?.(told);
    if (returned !== undefined) Promise.resolve(returned).catch(() => undefined);
  } catch {
    // As above.
  }
}
