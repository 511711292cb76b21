/** The inner files of ali-oss that oss-fs uses. */
export const version: string;

/** `this` is the client. */
export function createRequest(
  this: object,
  params: object,
): { readonly url: string; readonly params: { readonly headers: Record<string, string> } };

export const signUtils: {
  buildCanonicalString(
    method: string,
    resource: string,
    request: { readonly headers: object; readonly parameters: unknown },
  ): string;
  authorization(id: string, secret: string, text: string, encoding: string): string;
  authorizationV4(
    id: string,
    secret: string,
    region: string,
    method: string,
    request: { readonly headers: object; readonly queries: object },
    bucket: string | undefined,
    object: string | undefined,
    additionalHeaders: readonly string[] | undefined,
    encoding: string,
  ): string;
};
