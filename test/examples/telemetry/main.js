/** `node main.js`: writes and reads a file under a span, and prints spans and metrics to the console. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ConsoleMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { ConsoleSpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { Environment } from "plugfs";
import { ContextManager } from "./context.js";
import { instrument } from "./telemetry.js";

const contextManager = new ContextManager();
const tracerProvider = new NodeTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())],
});
tracerProvider.register({ contextManager });
const meterProvider = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter() })],
});

const env = await Environment.open();
const folder = await mkdtemp(join(tmpdir(), "telemetry-"));
const telemetry = instrument({
  tracerProvider,
  meterProvider,
  storage: contextManager.storage,
  environments: [env],
});
try {
  await tracerProvider.getTracer("main").startActiveSpan("work", async (span) => {
    await env.fs.writeFile(join(folder, "hello.txt"), "Hello\n");
    await env.fs.readFile(join(folder, "hello.txt"));
    await env.fs.stat(join(folder, "missing")).catch(() => {});
    span.end();
  });
} finally {
  await meterProvider.shutdown();
  await tracerProvider.shutdown();
  telemetry[Symbol.dispose]();
  await env.close();
  await rm(folder, { recursive: true });
}
