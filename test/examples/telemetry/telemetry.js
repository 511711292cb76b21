/**
 * Makes OpenTelemetry spans and metrics of what plugfs tells `node:diagnostics_channel`. It imports nothing of plugfs:
 * the channels' names and fields are the whole contract.
 *
 * | span                   | of                                                                       |
 * |------------------------|--------------------------------------------------------------------------|
 * | `plugfs <operation>`   | each call of a file system; child of the span that was active at the call  |
 *
 * Reads, writes and the steps of listings make no spans of their own, since a large file has thousands of them: they are
 * counted. A retry is an event of its call's span.
 *
 * | metric                      | kind          | attributes                        |
 * |-----------------------------|---------------|-----------------------------------|
 * | `plugfs.operation.duration` | histogram, s  | operation, scheme, error.type     |
 * | `plugfs.io`                 | counter, By   | direction (read, write), scheme   |
 * | `plugfs.retries`            | counter       | scheme                            |
 * | `plugfs.plugin.events`      | counter       | event (loaded, crashed, …), id    |
 * | `plugfs.streams.open`       | gauge         | direction, scheme, authority      |
 */
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";

/** Many to a stream or listing: counted, not traced. */
const STEPS = new Set(["read", "readAt", "readRanges", "write", "listStatus"]);

/** As OpenTelemetry's conventions have them for HTTP, in seconds. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * @param {object} to
 * @param {import("@opentelemetry/api").TracerProvider} to.tracerProvider
 * @param {import("@opentelemetry/api").MeterProvider} to.meterProvider
 * @param {import("node:async_hooks").AsyncLocalStorage<import("@opentelemetry/api").Context>} to.storage where the
 *   context manager keeps the active context
 * @param {import("plugfs").Environment[]} [to.environments] whose open streams are reported
 * @returns {Disposable}
 */
export function instrument({ tracerProvider, meterProvider, storage, environments = [] }) {
  const tracer = tracerProvider.getTracer("plugfs");
  const meter = meterProvider.getMeter("plugfs");
  const duration = meter.createHistogram("plugfs.operation.duration", {
    unit: "s",
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
  const io = meter.createCounter("plugfs.io", { unit: "By" });
  const retries = meter.createCounter("plugfs.retries");
  const plugins = meter.createCounter("plugfs.plugin.events");
  const streams = meter.createObservableGauge("plugfs.streams.open");
  const spans = new WeakMap();

  const start = channel("plugfs:operation:start");
  // The call runs in the context that this returns, so that what the plugin does for it becomes its child.
  start.bindStore(storage, (event) => {
    const active = storage.getStore() ?? ROOT_CONTEXT;
    if (STEPS.has(event.operation)) return active;
    const { operation, scheme, authority, plugin, path, dest } = event;
    const attributes = {
      "plugfs.scheme": scheme,
      "plugfs.authority": authority,
      ...(plugin !== undefined && { "plugfs.plugin": plugin }),
      ...(path !== undefined && { "plugfs.path": path }),
      ...(dest !== undefined && { "plugfs.dest": dest }),
    };
    const span = tracer.startSpan(`plugfs ${operation}`, { kind: SpanKind.CLIENT, attributes }, active);
    spans.set(event, span);
    return trace.setSpan(active, span);
  });

  const finish = (event) => {
    const { operation, scheme, durationMs, bytes, error } = event;
    const failed = error === undefined ? {} : { "error.type": error?.code ?? error?.name ?? "error" };
    duration.record(durationMs / 1000, { operation, scheme, ...failed });
    if (bytes > 0) io.add(bytes, { direction: operation === "write" ? "write" : "read", scheme });
    const span = spans.get(event);
    if (span === undefined) return;
    if (error !== undefined) {
      span.setAttributes(failed);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error?.message });
    }
    span.end();
  };
  const onRetry = ({ scheme, attempt, delayMs, error }) => {
    retries.add(1, { scheme });
    trace
      .getSpan(storage.getStore() ?? ROOT_CONTEXT)
      ?.addEvent("retry", { attempt, delayMs, reason: error?.message ?? String(error) });
  };
  const onPlugin = ({ event, id }) => plugins.add(1, { event, id });
  const listeners = {
    "plugfs:operation:end": finish,
    "plugfs:operation:error": finish,
    "plugfs:retry": onRetry,
    "plugfs:plugin": onPlugin,
  };
  for (const [name, listener] of Object.entries(listeners)) subscribe(name, listener);

  const observe = (result) => {
    for (const env of environments) {
      for (const { scheme, authority, openInputs, openOutputs } of env.metrics()) {
        result.observe(openInputs, { direction: "read", scheme, authority });
        result.observe(openOutputs, { direction: "write", scheme, authority });
      }
    }
  };
  streams.addCallback(observe);

  return {
    [Symbol.dispose]() {
      start.unbindStore(storage);
      for (const [name, listener] of Object.entries(listeners)) unsubscribe(name, listener);
      streams.removeCallback(observe);
    },
  };
}
