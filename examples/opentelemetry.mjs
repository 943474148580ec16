// A bridge to OpenTelemetry: a span for each load, call and run, and metrics. Needs, besides rerankit:
//   npm install @opentelemetry/api @opentelemetry/sdk-trace-node @opentelemetry/sdk-metrics
import { tracingChannel } from 'node:diagnostics_channel';
import { pathToFileURL } from 'node:url';
import { metrics, SpanStatusCode, trace } from '@opentelemetry/api';

/** Makes spans and metrics of what rerankit does from now on. Returns a function that ends it. */
export function instrument(tracer = trace.getTracer('rerankit'), meter = metrics.getMeter('rerankit')) {
  const spans = new WeakMap();
  const durations = {
    load: meter.createHistogram('rerankit.load.duration', { unit: 'ms' }),
    rerank: meter.createHistogram('rerankit.rerank.duration', { unit: 'ms' }),
    run: meter.createHistogram('rerankit.run.duration', { unit: 'ms' }),
  };
  const waits = meter.createHistogram('rerankit.run.queue', { unit: 'ms' });
  const documents = meter.createCounter('rerankit.run.documents');
  const tokens = meter.createCounter('rerankit.run.tokens');

  const stops = Object.entries(durations).map(([name, duration]) => {
    const subscribers = {
      start(message) {
        // A run serves calls of several requests: it belongs to none of their traces.
        spans.set(message, tracer.startSpan(`rerankit.${name}`, { root: name === 'run' }));
      },
      asyncEnd(message) {
        const attributes = { 'rerankit.model': message.model };
        if (message.device) attributes['rerankit.device'] = message.device;
        if (message.error) attributes['error.type'] = message.error.code ?? message.error.name;
        duration.record(message.milliseconds, attributes);
        if (name === 'run') {
          waits.record(message.queueMilliseconds, attributes);
          documents.add(message.documents, attributes);
          tokens.add(message.tokens ?? 0, attributes);
        }
        const span = spans.get(message);
        if (span === undefined) return; // It began before this.
        span.setAttributes({ ...attributes, ...numbersOf(message) });
        if (message.error) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
    const channel = tracingChannel(`rerankit:${name}`);
    channel.subscribe(subscribers);
    return () => channel.unsubscribe(subscribers);
  });
  return () => {
    for (const stop of stops) stop();
  };
}

/** All numbers of a message, and what `usage` has: documents, tokens, milliseconds, … */
function numbersOf({ usage, ...message }) {
  const numbers = Object.entries({ ...message, ...usage }).filter(([, value]) => typeof value === 'number');
  return Object.fromEntries(numbers.map(([name, value]) => [`rerankit.${name}`, value]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { ConsoleSpanExporter, NodeTracerProvider, SimpleSpanProcessor } = await import(
    '@opentelemetry/sdk-trace-node'
  );
  const { Reranker } = await import('rerankit');
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] }).register();
  instrument();
  const reranker = await Reranker.load();
  await reranker.rerank('how to undo a commit', ['git reset --soft HEAD~1', 'Preheat the oven.']);
  await reranker.dispose();
}
