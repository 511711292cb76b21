import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { channel } from "node:diagnostics_channel";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { context, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { Environment, FileSystem, FileSystemError, Path } from "plugfs";
import { ContextManager } from "./context.js";
import { instrument } from "./telemetry.js";

const spans = new InMemorySpanExporter();
const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: metrics });
const contextManager = new ContextManager();
const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const meterProvider = new MeterProvider({ readers: [reader] });
let folder;
let env;
let telemetry;

/** A store that asks its server twice, with a pause between, as one does that was throttled. */
class Retrying extends FileSystem {
  capabilities = new Set();
  async getFileStatus(path) {
    await trace.getTracer("store").startActiveSpan("GET /", async (span) => {
      await new Promise(setImmediate);
      span.end();
    });
    const event = { scheme: "slow", attempt: 1, delayMs: 5, error: new Error("503 SlowDown") };
    channel("plugfs:retry").publish(event);
    if (path.key === "denied") throw new FileSystemError({ code: "EACCES", path });
    return { path, kind: "file", length: 1, modificationTime: 0 };
  }
}

before(async () => {
  tracerProvider.register({ contextManager });
  folder = await mkdtemp(join(tmpdir(), "telemetry-"));
  env = await Environment.open({ home: folder, logger: { debug() {}, info() {}, warn() {}, error() {} } });
  env.register({ scheme: "slow", create: () => new Retrying() });
  const storage = contextManager.storage;
  telemetry = instrument({ tracerProvider, meterProvider, storage, environments: [env] });
});
after(async () => {
  telemetry[Symbol.dispose]();
  await env.close();
  await tracerProvider.shutdown();
  await meterProvider.shutdown();
  await rm(folder, { recursive: true });
});

/** Runs it under a span of its own; the spans that ended meanwhile. */
async function traced(name, body) {
  spans.reset();
  await trace.getTracer("test").startActiveSpan(name, async (span) => {
    await body();
    span.end();
  });
  return spans.getFinishedSpans();
}

const named = (all, name) => all.find((span) => span.name === name) ?? assert.fail(`no span ${name}`);
const parentOf = (span) => span.parentSpanContext?.spanId;

test("a call is a child of what asked for it, and the parent of what its plugin does", async () => {
  const all = await traced("request", async () => {
    await Promise.all([env.fs.stat("slow://host/a"), env.fs.stat("slow://host/b")]);
    assert.equal(trace.getSpan(context.active())?.attributes["plugfs.path"], undefined);
  });
  const request = named(all, "request");
  const calls = all.filter(({ name }) => name === "plugfs getFileStatus");
  assert.deepEqual(calls.map(({ attributes }) => attributes["plugfs.path"]).sort(), [
    "slow://host/a",
    "slow://host/b",
  ]);
  for (const call of calls) {
    assert.equal(parentOf(call), request.spanContext().spanId);
    const [event] = call.events;
    assert.equal(event.name, "retry");
    assert.deepEqual(event.attributes, { attempt: 1, delayMs: 5, reason: "503 SlowDown" });
  }
  const inner = all.filter(({ name }) => name === "GET /").map(parentOf);
  assert.deepEqual(inner.sort(), calls.map((call) => call.spanContext().spanId).sort());
});

test("a failed call has its code, and a file's reads and writes make no spans", async () => {
  const file = join(folder, "file");
  const all = await traced("work", async () => {
    await env.fs.writeFile(file, Buffer.alloc(1_000_000));
    assert.equal((await env.fs.readFile(file)).length, 1_000_000);
    await assert.rejects(env.fs.stat("slow://host/denied"), { code: "EACCES" });
  });
  assert.equal(all.filter(({ name }) => /read|write/.test(name)).length, 0);
  for (const name of ["plugfs create", "plugfs open"]) {
    assert.equal(named(all, name).attributes["plugfs.path"], `file://${file}`);
  }
  const failed = named(all, "plugfs getFileStatus");
  const { attributes, status } = all.find((span) => span.attributes["error.type"] === "EACCES") ?? failed;
  assert.equal(attributes["error.type"], "EACCES");
  assert.match(status.message, /slow:\/\/host\/denied/);
});

test("durations, bytes, retries and open streams are metrics", async () => {
  const stream = await (await env.fileSystem(folder)).open(Path.parse(join(folder, "file")));
  await reader.forceFlush();
  await stream.close();
  const last = metrics.getMetrics().at(-1);
  const found = Object.fromEntries(
    last.scopeMetrics.flatMap((scope) => scope.metrics).map((metric) => [metric.descriptor.name, metric]),
  );
  const points = (name) => found[name].dataPoints;
  const at = (name, wanted) =>
    points(name).find(({ attributes }) =>
      Object.entries(wanted).every(([key, value]) => attributes[key] === value),
    )?.value;
  assert.equal(at("plugfs.io", { direction: "read", scheme: "file" }), 1_000_000);
  assert.equal(at("plugfs.io", { direction: "write", scheme: "file" }), 1_000_000);
  assert.equal(at("plugfs.retries", { scheme: "slow" }), 3);
  assert.equal(at("plugfs.streams.open", { direction: "read", scheme: "file" }), 1);
  assert.equal(
    at("plugfs.operation.duration", { operation: "getFileStatus", "error.type": "EACCES" }).count,
    1,
  );
});

test("the example for the console runs", async () => {
  const at = fileURLToPath(new URL("./main.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [at], { cwd: folder });
  assert.match(stdout, /name: 'plugfs create'/);
  assert.match(stdout, /plugfs\.operation\.duration/);
});
