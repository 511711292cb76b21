/**
 * The part of ali-oss that oss-fs uses: it sets the headers of a request, signs them and names the address. Its front
 * door would load five times as much, for calls and connections that are not made here. Nobody promises its inner
 * files, so its version is pinned, and a test compares every request with that of the whole.
 */
import { createRequest, initOptions, signUtils, version } from "./ali-oss-parts.js";

interface Options {
  accessKeyId: string;
  accessKeySecret: string;
  stsToken?: string | undefined;
  amendTimeSkewed?: number;
  readonly region: string;
  readonly headerEncoding: string;
  /** What sends the request, as in the whole of ali-oss. */
  readonly urllib: { request(url: string, params: object): Promise<unknown> };
}

/** Has the members that `createRequest` asks for, as `ali-oss/lib/client.js` has them. */
export default class AliOss {
  readonly options: Options;
  userAgent = `aliyun-sdk-nodejs/${version} Node.js ${process.versions.node} on ${process.platform} ${process.arch}`;

  constructor(options: object) {
    this.options = initOptions(options) as Options;
  }

  async request(params: object): Promise<unknown> {
    const { url, params: request } = createRequest.call(this, params);
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
