import { answer, xmlAnswer } from "../answer.ts";
import { bucketOf, type Operation } from "../call.ts";
import { malformedXml, OssError } from "../errors.ts";
import { faultOf, isKey } from "../faults.ts";
import { checkObjectName } from "../names.ts";
import { childrenOf, element, parseXml, textOf } from "../xml.ts";

const MOST_KEYS = 1000;
const LARGEST_BODY = 2 * 1024 * 1024;

/** OSS document "DeleteObject": 204, whether or not the object was there. */
export const deleteObject: Operation = {
  name: "DeleteObject",
  access: "write-object",
  run(call) {
    const bucket = bucketOf(call);
    checkObjectName(call.key);
    call.store.deleteObject(bucket, call.key);
    return answer(204);
  },
};

/**
 * OSS document "DeleteMultipleObjects": up to 1000 keys; those that were not there count as deleted. Quiet answers
 * have no body (error code 0016-00000610).
 */
export const deleteMultipleObjects: Operation = {
  name: "DeleteMultipleObjects",
  access: "owner",
  async run(call) {
    const bucket = bucketOf(call);
    if (call.body.md5 === undefined) {
      throw new OssError(400, "MissingArgument", "Missing Some Required Arguments.", {
        ArgumentName: "Content-MD5",
      });
    }
    const { keys, isQuiet } = readBody(await call.body.text(LARGEST_BODY));
    const fault = faultOf(call.faults, "partial-delete");
    const deleted = keys.filter((key) => fault === undefined || !isKey(fault.key, key));
    for (const key of deleted) call.store.deleteObject(bucket, key);
    if (isQuiet) return answer(200);
    const encode = call.query.get("encoding-type") === "url" ? encodeURIComponent : String;
    const listed = deleted.map((key) => `<Deleted>${element("Key", encode(key))}</Deleted>`);
    return xmlAnswer("DeleteResult", listed.join(""));
  },
};

function readBody(text: string): { keys: string[]; isQuiet: boolean } {
  const root = parseXml(text);
  const keys = childrenOf(root, "Object").map((item) => textOf(item, "Key"));
  const quiet = textOf(root, "Quiet")?.trim().toLowerCase() ?? "false";
  const isComplete = (found: (string | undefined)[]): found is string[] =>
    found.every((key) => key !== undefined && key !== "");
  const isRight = root.name === "Delete" && (quiet === "true" || quiet === "false");
  if (!isRight || keys.length === 0 || keys.length > MOST_KEYS || !isComplete(keys)) throw malformedXml();
  return { keys, isQuiet: quiet === "true" };
}
