import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { createTestReranker } from 'rerankit/testing';
import { instrument } from './opentelemetry.mjs';

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
const meters = new MeterProvider({ readers: [reader] });
const tracer = provider.getTracer('test');

test('spans below that of the request, runs by themselves, errors by their code, metrics', async () => {
  const stop = instrument(tracer, meters.getMeter('test'));
  const reranker = createTestReranker();
  await tracer.startActiveSpan('request', async (request) => {
    await reranker.rerank('tea', ['tea', 'bread']);
    request.end();
  });
  reranker.fail('QUEUE_FULL');
  await assert.rejects(reranker.rerank('tea', ['tea']));
  stop();
  await reranker.rerank('tea', []);

  const all = spans.getFinishedSpans();
  const [run, call, request, failedRun, failedCall] = all;
  assert.deepEqual(
    all.map(({ name }) => name),
    ['rerankit.run', 'rerankit.rerank', 'request', 'rerankit.run', 'rerankit.rerank'],
  );
  assert.equal(call.parentSpanContext.spanId, request.spanContext().spanId);
  assert.equal(run.parentSpanContext, undefined);
  assert.equal(call.attributes['rerankit.model'], 'test');
  assert.equal(call.attributes['rerankit.documents'], 2);
  assert.equal(call.attributes['rerankit.computedTokens'], 3);
  assert.equal(run.attributes['rerankit.tokens'], 3);
  for (const span of [failedRun, failedCall]) assert.equal(span.attributes['error.type'], 'QUEUE_FULL');

  await reader.forceFlush();
  const [{ scopeMetrics }] = exporter.getMetrics();
  const values = Object.fromEntries(
    scopeMetrics[0].metrics.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      dataPoints.reduce((sum, { value }) => sum + (value.count ?? value), 0),
    ]),
  );
  assert.deepEqual(values, {
    'rerankit.rerank.duration': 2,
    'rerankit.run.duration': 2,
    'rerankit.run.queue': 2,
    'rerankit.run.documents': 3,
    'rerankit.run.tokens': 3,
  });
  await meters.shutdown();
});
