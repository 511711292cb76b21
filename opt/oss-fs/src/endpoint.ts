import { isIP } from "node:net";
import { type Configuration, ConfigurationError } from "plugfs";
import { misfit, required, text } from "./configured.ts";
import { KEYS } from "./keys.ts";

/** Where the store is, and how a bucket is named there. */
export interface StoreAddress {
  /** With scheme. */
  readonly endpoint: string;
  /** The endpoint is the bucket's own domain. */
  readonly cname: boolean;
  /** The bucket stands in the path. */
  readonly pathStyle: boolean;
}

/** How requests are signed. */
export interface SignatureSettings {
  /** Without the prefix `oss-`; undefined when not known. */
  readonly region: string | undefined;
  readonly signatureV4: boolean;
}

function readEndpoint(configuration: Configuration): string {
  const what = "the endpoint of the bucket's region, such as oss-cn-hangzhou.aliyuncs.com";
  const value = required(configuration, KEYS.endpoint, what);
  const whole = value.includes("://")
    ? value
    : `${configuration.get(KEYS.secure) ? "https" : "http"}://${value}`;
  const shape = /^https?:\/\/[a-z0-9_.-]+(:\d{1,5})?\/?$/i;
  if (shape.test(whole)) return whole.replace(/\/$/, "").toLowerCase();
  throw new ConfigurationError({
    code: "ERR_CONFIG_VALUE",
    key: KEYS.endpoint.key,
    source: configuration.source(KEYS.endpoint.key),
    message: `${KEYS.endpoint.key}: expected a host, host:port, or http(s)://host:port`,
    hint: "The bucket belongs into the path (oss://bucket/key), keys into fs.oss.accessKeyId and fs.oss.accessKeySecret",
  });
}

export function readAddress(configuration: Configuration): StoreAddress {
  const endpoint = readEndpoint(configuration);
  const { hostname } = new URL(endpoint);
  const isLocal = hostname === "localhost";
  // Names below localhost do not resolve everywhere.
  const pathStyle = configuration.get(KEYS.pathStyle) ?? isLocal;
  const isAlibaba = /(^|\.)(aliyuncs\.com|aliyun-inc\.com|aliyun\.com)$/.test(hostname);
  const cname = configuration.get(KEYS.cname) && !pathStyle && !isAlibaba && !isLocal && isIP(hostname) === 0;
  return { endpoint, cname, pathStyle };
}

export function readSignature(configuration: Configuration, endpoint: string): SignatureSettings {
  const region = readRegion(configuration, endpoint);
  const version = configuration.get(KEYS.signatureVersion);
  if (version === "V4" && region === undefined) {
    throw new ConfigurationError({
      code: "ERR_CONFIG_MISSING",
      key: KEYS.region.key,
      message: `${KEYS.region.key} is not set, and the endpoint does not tell it; signature V4 needs it`,
      hint: "Set it to the bucket's region, such as cn-hangzhou",
    });
  }
  return { region, signatureV4: version === undefined ? region !== undefined : version === "V4" };
}

function readRegion(configuration: Configuration, endpoint: string): string | undefined {
  const set = text(configuration.get(KEYS.region))?.replace(/^oss-/, "");
  if (set === undefined) return regionOf(endpoint);
  if (/^[a-z0-9-]+$/i.test(set)) return set;
  throw misfit(configuration, KEYS.region, "expected the name of a region, such as cn-hangzhou");
}

/** `oss-cn-hangzhou[-internal].aliyuncs.com` and `cn-hangzhou.oss.aliyuncs.com` name their region. */
function regionOf(endpoint: string): string | undefined {
  const host = new URL(endpoint).hostname;
  const match =
    /^oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(host) ??
    /^([a-z0-9-]+)\.oss\.aliyuncs\.com$/.exec(host);
  const region = match?.[1];
  return region?.startsWith("accelerate") ? undefined : region;
}
