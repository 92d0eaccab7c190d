/** Spans and the histogram of exchanges, by the real API and SDK. */

import { channel } from 'node:diagnostics_channel';
import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { DataPoint, Histogram } from '@opentelemetry/sdk-metrics';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEmitter, DIAGNOSTICS_CHANNEL } from './events.js';
import type { CredentialEvent } from './events.js';
import { createOpenTelemetryListener } from './opentelemetry.js';
import type { Fixture } from './provider.fixture.js';
import { down, fixture, gate, HOUR, makeJwt, refusal, settle, sourceOf } from './provider.fixture.js';

const spans = new InMemorySpanExporter();
const metrics = new InMemoryMetricExporter(AggregationTemporality.DELTA);
const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });

beforeAll(() => {
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
  );
  api.metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
});
afterAll(async () => {
  await reader.shutdown();
  api.context.disable();
  api.trace.disable();
  api.metrics.disable();
});
beforeEach(async () => {
  spans.reset();
  await reader.forceFlush();
  metrics.reset();
});

const observed = (w: Fixture) => w.provider(undefined, { onEvent: createOpenTelemetryListener(api) });
const brief = ({ name, attributes, status, events }: ReadableSpan) => ({
  name,
  attributes,
  status: status.code,
  events: events.map((event) => [event.name, event.attributes]),
});

/** Count, sum and attributes of each series of the histogram. */
async function durations(): Promise<object[]> {
  await reader.forceFlush();
  return metrics
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap((scope) => scope.metrics)
    .flatMap(({ descriptor, dataPoints }) =>
      (dataPoints as DataPoint<Histogram>[]).map(({ attributes, value }) => ({
        name: descriptor.name,
        unit: descriptor.unit,
        attributes,
        count: value.count,
        sum: value.sum,
        boundaries: value.buckets.boundaries.length,
      })),
    );
}

describe('an exchange', () => {
  it('is a span with the cloud, and a measurement in seconds', async () => {
    const w = fixture();
    const late = gate();
    w.answer = () => late.promise;
    const provider = observed(w);
    const calls = [provider.getCredentials(), provider.getCredentials()];
    await w.clock.advance(1_500);
    expect(spans.getFinishedSpans()).toEqual([]);
    late.open();
    await Promise.all(calls);
    await provider.getCredentials();
    expect(spans.getFinishedSpans().map(brief)).toEqual([
      { name: 'credex.exchange test', attributes: { 'cloud.provider': 'test' }, status: 0, events: [] },
    ]);
    expect(await durations()).toEqual([
      {
        name: 'credex.exchange.duration',
        unit: 's',
        attributes: { 'cloud.provider': 'test' },
        count: 1,
        sum: 1.5,
        boundaries: 14,
      },
    ]);
  });

  it('that fails has the status ERROR and our code, and an event for each retry', async () => {
    const w = fixture({ answer: () => Promise.reject(down()) });
    const call = observed(w).getCredentials();
    call.catch(() => undefined);
    await w.clock.advance(1_000);
    await expect(call).rejects.toMatchObject({ code: 'unavailable' });
    expect(spans.getFinishedSpans().map(brief)).toEqual([
      {
        name: 'credex.exchange test',
        attributes: { 'cloud.provider': 'test', 'error.type': 'unavailable' },
        status: api.SpanStatusCode.ERROR,
        events: [
          ['retry', { 'error.type': 'unavailable', 'credex.retry.delay': 0.05 }],
          ['retry', { 'error.type': 'unavailable', 'credex.retry.delay': 0.1 }],
        ],
      },
    ]);
    expect(await durations()).toMatchObject([
      { attributes: { 'cloud.provider': 'test', 'error.type': 'unavailable' }, count: 1 },
    ]);
  });

  it('of several at once is told apart from the others', async () => {
    const w = fixture();
    const gates = new Map(['a', 'b', 'c'].map((scope) => [scope, gate()]));
    w.answer = async ({ request }) => {
      await gates.get(request.scope ?? '')?.promise;
      if (request.scope === 'b') throw refusal('access_denied');
    };
    const provider = observed(w);
    const calls = ['a', 'b', 'c'].map((scope) => provider.getCredentials({ request: { scope } }));
    const results = Promise.allSettled(calls);
    await settle();
    for (const scope of ['c', 'b', 'a']) {
      gates.get(scope)?.open();
      await settle();
    }
    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(spans.getFinishedSpans().map(({ attributes }) => attributes['error.type'])).toEqual([
      undefined,
      'access_denied',
      undefined,
    ]);
    const starts = spans.getFinishedSpans().map(({ startTime }) => startTime[0] * 1e9 + startTime[1]);
    expect(starts).toEqual([...starts].sort((x, y) => y - x));
  });

  it('has the span of the call that started it as its parent, in the background as well', async () => {
    const w = fixture();
    const provider = observed(w);
    const tracer = api.trace.getTracer('test');
    const parents: string[] = [];
    for (let n = 0; n < 2; n++) {
      await tracer.startActiveSpan('handler', async (span) => {
        parents.push(span.spanContext().spanId);
        await provider.getCredentials();
        await settle();
        span.end();
      });
      await w.clock.advance(0.9 * HOUR);
    }
    const exchanges = spans.getFinishedSpans().filter(({ name }) => name.startsWith('credex.'));
    expect(exchanges.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(parents);
  });

  it('that a freeze abandoned, and one for another identity, end without a measurement', async () => {
    const w = fixture();
    const late = gate();
    w.answer = ({ n }) => (n === 1 ? late.promise : undefined);
    const provider = observed(w);
    const call = provider.getCredentials();
    await settle();
    w.clock.freeze(HOUR);
    await provider.getCredentials();
    await call;
    const other = w.provider(
      sourceOf(() => makeJwt(), { identityKey: 'q', matchesIdentity: () => false }),
      { onEvent: createOpenTelemetryListener(api) },
    );
    await other.getCredentials();
    const types = spans.getFinishedSpans().map(({ attributes }) => attributes['error.type']);
    expect([types.filter((type) => type === 'abandoned').length, types.length]).toEqual([1, 4]);
    expect(await durations()).toMatchObject([{ count: 2 }]);
  });
});

it('records the exchanges of all providers through the diagnostics channel', async () => {
  const listener = createOpenTelemetryListener(api);
  const onMessage = (event: unknown): void => listener(event as CredentialEvent);
  channel(DIAGNOSTICS_CHANNEL).subscribe(onMessage);
  await fixture().provider().getCredentials();
  channel(DIAGNOSTICS_CHANNEL).unsubscribe(onMessage);
  await fixture().provider().getCredentials();
  expect(spans.getFinishedSpans()).toHaveLength(1);
});

it('keeps a bounded number of open spans', () => {
  const { emit } = createEmitter(createOpenTelemetryListener(api));
  for (let exchangeId = 1; exchangeId <= 1_010; exchangeId++)
    emit({ type: 'exchange-started', provider: 'test', exchangeId });
  expect(spans.getFinishedSpans()).toHaveLength(10);
});

it.each([undefined, {}, { trace: {} }, { trace: api.trace }])('refuses %o in place of the API', (wrong) => {
  expect(() => createOpenTelemetryListener(wrong as never)).toThrow(
    expect.objectContaining({ code: 'invalid_option', option: 'api' }) as Error,
  );
});
