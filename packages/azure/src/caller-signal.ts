/** The Azure SDKs' abort signal and time limit of one caller, as a platform signal. */

/** `AbortSignalLike` of `@azure/abort-controller`; an AbortSignal is one. */
export interface AzureAbortSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface CallerSignal {
  readonly signal: AbortSignal | undefined;
  /** Leaves the caller's signal, which may live as long as the process. */
  release(): void;
}

const NOTHING = (): void => undefined;

export function callerSignal(
  given: AzureAbortSignal | undefined,
  timeoutMs: number | undefined,
): CallerSignal {
  const limit =
    typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= 2_147_483_647
      ? AbortSignal.timeout(timeoutMs)
      : undefined;
  if (given === undefined) return { signal: limit, release: NOTHING };
  const { signal, release } =
    given instanceof AbortSignal ? { signal: given, release: NOTHING } : bridged(given);
  return { signal: limit === undefined ? signal : AbortSignal.any([signal, limit]), release };
}

function bridged(given: AzureAbortSignal): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort();
  if (given.aborted) onAbort();
  given.addEventListener('abort', onAbort);
  return { signal: controller.signal, release: () => given.removeEventListener('abort', onAbort) };
}
