/**
 * The part of ali-oss that oss-fs uses: it sets the headers of a request, signs them and names the address. Its front
 * door would load five times as much, for calls and connections that are not made here. Nobody promises its inner
 * files, so its version is pinned, and a test compares every request with that of the whole.
 */
import { isIP } from "node:net";
import { createRequest, signUtils, version } from "./ali-oss-parts.js";

/** As ali-oss takes them. */
export interface AliOssOptions {
  accessKeyId: string;
  accessKeySecret: string;
  stsToken?: string | undefined;
  /** Milliseconds that the store's clock is ahead. */
  amendTimeSkewed?: number;
  /** A URL. */
  readonly endpoint: string;
  /** `oss-cn-hangzhou`, which is the default. */
  readonly region?: string;
  readonly authorizationV4: boolean;
  /** The bucket is in the path. */
  readonly sldEnable: boolean;
  readonly cname: boolean;
  readonly isRequestPay: boolean;
  /** What sends the request, as in the whole of ali-oss. */
  readonly urllib: { request(url: string, params: object): Promise<unknown> };
}

/** As ali-oss takes it, and changes it. */
export interface AliOssRequest {
  readonly method: string;
  readonly bucket: string;
  readonly object?: string | undefined;
  /** Query parameters that belong to the signature. */
  readonly subres?: Record<string, string> | undefined;
  readonly query?: Record<string, string> | undefined;
  readonly headers?: Record<string, string>;
  /** Handed on to `urllib`. */
  readonly ctx?: unknown;
}

/** Has the members that `createRequest` asks for, as `ali-oss/lib/client.js` has them. */
export default class AliOss {
  readonly options;
  userAgent = `aliyun-sdk-nodejs/${version} Node.js ${process.versions.node} on ${process.platform} ${process.arch}`;
  /** ali-oss does not put the bucket before an address, and says by the host what an address cannot. */
  readonly #isAddress: boolean;

  constructor(options: AliOssOptions) {
    const { protocol, host, hostname } = new URL(options.endpoint);
    this.#isAddress = isIP(hostname) !== 0;
    const region = options.region ?? "oss-cn-hangzhou";
    // What ali-oss would do for an address goes through `url.parse`, of which Node 24 warns.
    const cname = options.cname || this.#isAddress;
    const endpoint = { protocol, slashes: true, host };
    this.options = { ...options, region, cname, endpoint, headerEncoding: "utf-8" };
  }

  async request(params: AliOssRequest): Promise<unknown> {
    const { url, params: request } = createRequest.call(this, params);
    if (this.#isAddress) request.headers.host = `${params.bucket}.${this.options.region}.aliyuncs.com`;
    return this.options.urllib.request(url, request);
  }

  authorization(method: string, resource: string, parameters: unknown, headers: object): string {
    const { accessKeyId, accessKeySecret, headerEncoding } = this.options;
    const text = signUtils.buildCanonicalString(method, resource, { headers, parameters });
    return signUtils.authorization(accessKeyId, accessKeySecret, text, headerEncoding);
  }

  authorizationV4(
    method: string,
    request: { readonly headers: object; readonly queries: object },
    bucket?: string,
    object?: string,
    additionalHeaders?: readonly string[],
  ): string {
    const { accessKeyId, accessKeySecret, headerEncoding } = this.options;
    const region = this.options.region.replace(/^oss-/, "");
    return signUtils.authorizationV4(
      accessKeyId,
      accessKeySecret,
      region,
      method,
      request,
      bucket,
      object,
      additionalHeaders,
      headerEncoding,
    );
  }

  _getResource({ bucket, object = "" }: { readonly bucket?: string; readonly object?: string }): string {
    return bucket ? `/${bucket}/${object}` : `/${object}`;
  }

  _escape(name: string): string {
    return encodeURIComponent(name).replaceAll("%2F", "/");
  }
}
