import { invalidOption, optionalInteger } from '@credex/core/internal';
import type { ServiceName, ServiceRequest } from '../service.js';

/**
 * What can go wrong between a client and a service. One fault strikes one request; where several are planted,
 * the one planted first.
 */
export type Fault =
  /** Answers with this status: the service's own error body, or the one given here. The service isn't asked. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string | Uint8Array | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    }
  /** Holds the request back until the promise resolves; only then the service judges it, by the clock of then. */
  | {
      readonly kind: 'delay';
      readonly until: Promise<unknown> | ((request: ServiceRequest) => Promise<unknown>);
    }
  /** Takes the request and never answers. The connection stays open until the client or `close()` ends it. */
  | { readonly kind: 'hang' }
  /** Resets the TCP connection instead of answering. */
  | { readonly kind: 'reset' }
  /** Declares the whole good answer, sends half of its body and closes the connection. */
  | { readonly kind: 'truncate' }
  /** Status 200 with a body that no client of this service can read; by default a page of HTML. */
  | {
      readonly kind: 'malformed';
      readonly body?: string | Uint8Array | undefined;
      readonly contentType?: string | undefined;
    }
  /** Removes a JSON member or an XML element from the good answer, wherever it stands. */
  | { readonly kind: 'missing-field'; readonly field: string }
  /** The service's real throttling answer; `retryAfter` is the header's value: seconds, or a date. */
  | { readonly kind: 'throttle'; readonly retryAfter?: string | number | undefined }
  /** The good answer, but what it brings has already ended by its own word. */
  | { readonly kind: 'already-expired' }
  /** The service judges and stamps, the Date header included, by a clock that is `ms` ahead (behind: negative). */
  | { readonly kind: 'clock-skew'; readonly ms: number }
  /** Redirects the client to another address; status 307 unless given. */
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number | undefined }
  /** The good answer a byte at a time: each byte waits for its own `tick()`. */
  | { readonly kind: 'slow'; readonly tick: () => Promise<unknown> };

export type FaultKind = Fault['kind'];

export interface FaultPlan {
  readonly service: ServiceName;
  /** Which requests; by default all of the service. */
  readonly match?: ((request: ServiceRequest) => boolean) | undefined;
  /** How many requests it strikes before it is gone; by default it stays until removed. */
  readonly times?: number | undefined;
  readonly fault: Fault;
}

export interface PlantedFault {
  /** How many requests it has struck. */
  readonly struck: number;
  remove(): void;
}

export interface FaultPlanter {
  /** @throws OptionError for an unknown service, `times` below 1 or a status out of range. */
  plant(plan: FaultPlan): PlantedFault;
  /** Removes every planted fault. */
  clear(): void;
}

export interface FaultField extends FaultPlanter {
  /** The fault for this request, if any; it counts as struck. */
  strike(service: ServiceName, request: ServiceRequest): Fault | undefined;
}

export function createFaultField(services: () => readonly ServiceName[]): FaultField {
  let planted: { plan: FaultPlan; struck: number }[] = [];
  return {
    plant: (plan) => {
      assertPlan(plan, services());
      const one = { plan, struck: 0 };
      planted.push(one);
      return {
        get struck() {
          return one.struck;
        },
        remove: () => {
          planted = planted.filter((other) => other !== one);
        },
      };
    },
    clear: () => {
      planted = [];
    },
    strike: (service, request) => {
      const hit = planted.find(
        ({ plan, struck }) =>
          plan.service === service && struck < (plan.times ?? Infinity) && (plan.match?.(request) ?? true),
      );
      if (hit === undefined) return undefined;
      hit.struck += 1;
      return hit.plan.fault;
    },
  };
}

function assertPlan({ service, times, fault }: FaultPlan, services: readonly ServiceName[]): void {
  if (!services.includes(service))
    throw invalidOption({ option: 'service' }, `one of ${services.join(', ')}`, service);
  optionalInteger({ option: 'times' }, times, 1, Number.MAX_SAFE_INTEGER);
  if (fault.kind === 'status') optionalInteger({ option: 'fault.status' }, fault.status, 200, 599);
}
