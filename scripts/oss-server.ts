/** `npm run oss-server`: a local OSS for trying things out. Prints one line of JSON when ready; SIGTERM stops it. */
import { parseArgs } from "node:util";
import { type OssServer, startOssServer } from "../test/oss-server/server.ts";

const USAGE = `Usage: npm run oss-server -- [options]
  --port N                    port to listen on (default: a free one)
  --host ADDRESS              address to listen on (default: 127.0.0.1)
  --bucket NAME               a bucket to start with; may be repeated
  --access-key-id ID          default: LTAIplugfstest
  --access-key-secret SECRET  default: plugfs-test-secret
  --region REGION             for V4 signatures (default: cn-hangzhou)
  --data DIR                  keep everything in this folder (default: in memory)
  --latency MS                milliseconds before the first byte of every answer
  --rate BYTES_PER_S          bytes per second of every connection
  --no-md5                    ETags of uploads are opaque, which makes uploads cheaper: for benchmarks
  --lean                      bare sockets in place of node:http, which makes every request cheaper: for benchmarks
  --tls                       HTTPS; the certificate of its authority is printed as "ca"
`;

class UsageError extends Error {}

function number(name: string, text: string | undefined): Record<string, number> {
  if (text === undefined) return {};
  if (!/^\d+$/.test(text)) throw new UsageError(`--${name} has to be a number, not "${text}".`);
  return { [name]: Number(text) };
}

function readOptions() {
  let values: ReturnType<typeof parse>;
  try {
    values = parse();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help === true) return undefined;
  return {
    ...number("port", values.port),
    ...number("latency", values.latency),
    ...number("rate", values.rate),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.bucket === undefined ? {} : { buckets: values.bucket }),
    ...(values.region === undefined ? {} : { region: values.region }),
    ...(values.tls === undefined ? {} : { tls: values.tls }),
    ...(values.lean === undefined ? {} : { lean: values.lean }),
    ...(values["no-md5"] === true ? { md5: false } : {}),
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values["access-key-id"] === undefined ? {} : { accessKeyId: values["access-key-id"] }),
    ...(values["access-key-secret"] === undefined ? {} : { accessKeySecret: values["access-key-secret"] }),
  };
}

function parse() {
  return parseArgs({
    options: {
      "access-key-id": { type: "string" },
      "access-key-secret": { type: "string" },
      bucket: { type: "string", multiple: true },
      data: { type: "string" },
      help: { type: "boolean", short: "h" },
      host: { type: "string" },
      latency: { type: "string" },
      lean: { type: "boolean" },
      "no-md5": { type: "boolean" },
      port: { type: "string" },
      rate: { type: "string" },
      region: { type: "string" },
      tls: { type: "boolean" },
    },
  }).values;
}

/** Errors that the command line is to blame for: its own, of a number out of range, of a bucket's name. */
function isUsageError(error: unknown): error is Error {
  if (error instanceof UsageError || error instanceof RangeError) return true;
  return error instanceof Error && "code" in error && error.code === "InvalidBucketName";
}

async function main(): Promise<number> {
  let server: OssServer;
  try {
    const options = readOptions();
    if (options === undefined) {
      process.stdout.write(USAGE);
      return 0;
    }
    server = await startOssServer(options);
    const { endpoint, port, accessKeyId, region, ca } = server;
    const buckets = options.buckets ?? [];
    process.stdout.write(`${JSON.stringify({ endpoint, port, buckets, accessKeyId, region, ca })}\n`);
  } catch (error) {
    if (isUsageError(error)) {
      process.stderr.write(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await server.close();
  return 0;
}

process.exitCode = await main();
