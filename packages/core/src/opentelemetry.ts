/** `@credex/core/opentelemetry`: a span and a measurement for each exchange, made from events. The API package is passed in. */

import type { CredentialEvent, OnEvent } from './events.js';
import { invalidOption } from './options/assert.js';

type Attributes = Record<string, string | number | boolean>;

/** What is used of a span of `@opentelemetry/api`. */
export interface OpenTelemetrySpan {
  setAttribute(name: string, value: string | number | boolean): unknown;
  setStatus(status: { code: number }): unknown;
  addEvent(name: string, attributes: Attributes): unknown;
  end(): void;
}

/** What is used of `@opentelemetry/api` 1.x: pass the module itself. */
export interface OpenTelemetryApi {
  readonly trace: {
    getTracer(name: string): {
      startSpan(name: string, options: { attributes: Attributes }): OpenTelemetrySpan;
    };
  };
  readonly metrics: {
    getMeter(name: string): {
      createHistogram(
        name: string,
        options: { description: string; unit: string; advice: { explicitBucketBoundaries: number[] } },
      ): { record(value: number, attributes: Attributes): void };
    };
  };
}

/** The instrumentation scope. */
const SCOPE = '@credex/core';
/** Those of `http.client.request.duration`, in seconds: an exchange is one or two HTTP requests. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** `SpanStatusCode.ERROR`. */
const ERROR = 2;
/** An exchange ends within a minute. A span whose end was never told is ended when this many are open. */
const MAX_SPANS = 1_000;

/**
 * Returns a listener that records each exchange with OpenTelemetry, for the option `onEvent` of providers, or for all
 * providers of the process through the diagnostics channel `credex`. Calls that are answered from the cache record nothing.
 *
 * A span `credex.exchange {provider}` has the attribute `cloud.provider`, an event `retry` for each retry and, for a failure,
 * the status ERROR and `error.type`: the code of the FederationError. Its parent is the active span of the call that started
 * the exchange. The histogram `credex.exchange.duration` has the duration in seconds, by `cloud.provider` and `error.type`.
 * Names, codes and times are recorded, never a token, a key or a claim.
 *
 * @param api the package `@opentelemetry/api`: its tracer and meter providers are looked up here, so register them before
 * @example
 * import * as api from '@opentelemetry/api';
 * import { createOpenTelemetryListener } from '@credex/core/opentelemetry';
 *
 * const credentials = awsCredentialsProvider({ roleArn, onEvent: createOpenTelemetryListener(api) });
 * @throws OptionError `invalid_option` where `api` is not that package
 * @see https://opentelemetry.io/docs/specs/semconv/attributes-registry/error/
 */
export function createOpenTelemetryListener(api: OpenTelemetryApi): OnEvent {
  const { trace, metrics } = Object(api) as Partial<OpenTelemetryApi>;
  if (typeof trace?.getTracer !== 'function' || typeof metrics?.getMeter !== 'function')
    throw invalidOption({ option: 'api' }, 'the module @opentelemetry/api (import * as api)', api);
  const tracer = trace.getTracer(SCOPE);
  const duration = metrics.getMeter(SCOPE).createHistogram('credex.exchange.duration', {
    description: 'Duration of token exchanges, with their retries.',
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS },
  });
  /** By `exchangeId`. */
  const spans = new Map<number, OpenTelemetrySpan>();

  return (event) => {
    switch (event.type) {
      case 'exchange-started':
        return start(event);
      case 'retrying':
        spans.get(event.exchangeId)?.addEvent('retry', {
          'error.type': event.code,
          'credex.retry.delay': event.delayMs / 1_000,
        });
        return;
      case 'exchange-succeeded':
        duration.record(event.durationMs / 1_000, { 'cloud.provider': event.provider });
        return end(event.exchangeId);
      case 'exchange-failed':
        duration.record(event.durationMs / 1_000, {
          'cloud.provider': event.provider,
          'error.type': event.code,
        });
        return end(event.exchangeId, event.code);
      // The process was frozen: the duration says nothing about the cloud.
      case 'abandoned':
        return end(event.exchangeId, 'abandoned');
      // Nothing was sent. The exchange for the other identity is one of the next events.
      case 'identity-mismatch':
        return end(event.exchangeId);
      default:
    }
  };

  function start({ exchangeId, provider }: Extract<CredentialEvent, { type: 'exchange-started' }>): void {
    if (spans.size >= MAX_SPANS) end(spans.keys().next().value as number);
    const attributes = { 'cloud.provider': provider };
    spans.set(exchangeId, tracer.startSpan(`credex.exchange ${provider}`, { attributes }));
  }

  function end(exchangeId: number, errorType?: string): void {
    const span = spans.get(exchangeId);
    if (span === undefined) return;
    spans.delete(exchangeId);
    if (errorType !== undefined) {
      span.setAttribute('error.type', errorType);
      span.setStatus({ code: ERROR });
    }
    span.end();
  }
}
