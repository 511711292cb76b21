/**
 * An answer of OSS that is an error: the HTTP status, the code that clients recognise it by, and the sentence.
 * Codes, statuses and sentences follow OSS's "Error response" page and its error code pages (0002-…, 0016-…).
 */
export class OssError extends Error {
  readonly status: number;
  readonly code: string;
  /** Further elements of the XML body, such as `StringToSign` or `BucketName`. */
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = "OssError";
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

export const noSuchBucket = (bucket: string) =>
  new OssError(404, "NoSuchBucket", "The specified bucket does not exist.", { BucketName: bucket });

export const noSuchKey = (key: string) =>
  new OssError(404, "NoSuchKey", "The specified key does not exist.", { Key: key });

export const noSuchUpload = (uploadId: string) =>
  new OssError(
    404,
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    { UploadId: uploadId },
  );

export const accessDenied = (message = "You have no right to access this object because of bucket acl.") =>
  new OssError(403, "AccessDenied", message);

export const invalidArgument = (message: string, name: string, value: string) =>
  new OssError(400, "InvalidArgument", message, { ArgumentName: name, ArgumentValue: value });

export const malformedXml = () =>
  new OssError(
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema.",
  );

export const fileAlreadyExists = (key: string) =>
  new OssError(
    409,
    "FileAlreadyExists",
    "The object you specified already exists and can not be overwritten.",
    {
      Key: key,
    },
  );

export const invalidPart = (partNumber: number, etag: string) =>
  new OssError(
    400,
    "InvalidPart",
    "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
    { PartNumber: String(partNumber), ETag: etag },
  );

export const preconditionFailed = (condition: string) =>
  new OssError(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.", {
    Condition: condition,
  });

export const methodNotAllowed = (method: string, resource: string) =>
  new OssError(405, "MethodNotAllowed", "The specified method is not allowed against this resource.", {
    Method: method,
    ResourceType: resource,
  });

export const notImplemented = (message: string) => new OssError(501, "NotImplemented", message);
