import { cleanServerText } from '@credex/core/failure';
import type { FaultKind } from '../faults/faults.js';
import type { EmulatorClock, ServiceName, ServiceRequest } from '../service.js';

/**
 * One request as it arrived. Headers, query and body are not kept, and token-shaped runs are cut from the
 * rest: a log may be printed by a failing test.
 */
export interface LogEntry {
  /** Counts from 1, over all services, in the order of arrival. */
  readonly sequence: number;
  readonly service: ServiceName;
  readonly method: string;
  readonly path: string;
  readonly secure: boolean;
  /** When it had arrived, by the emulator's clock, epoch milliseconds. */
  readonly at: number;
  /** `undefined` while a fault delays it, and for ever where a fault hung or reset it. */
  readonly status: number | undefined;
  /** The planted fault that struck it. */
  readonly fault: FaultKind | undefined;
  /** What the service says of it: the action, the authorized principal, why it was refused. */
  readonly notes: Readonly<Record<string, string>>;
}

export interface RequestLog {
  /** All requests since the start or the last `clear()`, of one service where it is named; a copy. */
  entries(service?: ServiceName): readonly LogEntry[];
  /** How many requests a service got, or how many of them `matching` says yes to. */
  count(service: ServiceName, matching?: (entry: LogEntry) => boolean): number;
  clear(): void;
  /**
   * Calls `listener` with each request when it is answered, before the client has the answer. Call the returned function to end
   * it. What the listener throws is the emulator's failure: the client gets status 500.
   */
  subscribe(listener: (entry: LogEntry) => void): () => void;
}

/** A request in the making: filled in when it was answered. */
export interface OpenEntry {
  close(status: number, notes: Readonly<Record<string, string>> | undefined): void;
}

export interface RequestRecorder extends RequestLog {
  open(service: ServiceName, request: ServiceRequest, fault: FaultKind | undefined): OpenEntry;
}

export function createRequestRecorder(clock: EmulatorClock): RequestRecorder {
  let kept: { entry: LogEntry }[] = [];
  const listeners = new Set<(entry: LogEntry) => void>();
  let sequence = 0;
  const entries = (service?: ServiceName) =>
    kept.map(({ entry }) => entry).filter((entry) => service === undefined || entry.service === service);
  return {
    entries,
    count: (service, matching = () => true) => entries(service).filter(matching).length,
    clear: () => {
      kept = [];
    },
    subscribe: (listener) => {
      // A function of each subscription: the same listener may subscribe twice.
      const own = (entry: LogEntry): void => listener(entry);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    open: (service, request, fault) => {
      sequence += 1;
      const slot: { entry: LogEntry } = {
        entry: {
          sequence,
          service,
          method: request.method,
          path: cleanServerText(request.path),
          secure: request.secure,
          at: clock.now(),
          status: undefined,
          fault,
          notes: {},
        },
      };
      kept.push(slot);
      return {
        close: (status, notes = {}) => {
          slot.entry = { ...slot.entry, status, notes: cleaned(notes) };
          for (const listener of listeners) listener(slot.entry);
        },
      };
    },
  };
}

const cleaned = (notes: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(notes).map(([name, value]) => [name, cleanServerText(value)]));
