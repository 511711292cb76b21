import { answer, xmlAnswer } from "../answer.ts";
import { bucketOf, type Operation } from "../call.ts";
import { malformedXml, OssError } from "../errors.ts";
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

/** OSS document "DeleteMultipleObjects": up to 1000 keys; those that were not there count as deleted. */
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
    const root = parseXml(await call.body.text(LARGEST_BODY));
    const keys = childrenOf(root, "Object").map((item) => textOf(item, "Key"));
    if (root.name !== "Delete" || keys.length === 0 || keys.length > MOST_KEYS) throw malformedXml();
    const isQuiet = textOf(root, "Quiet")?.trim().toLowerCase() === "true";
    const encode = call.query.get("encoding-type") === "url" ? encodeURIComponent : String;
    let deleted = "";
    for (const key of keys) {
      if (key === undefined || key === "") throw malformedXml();
    }
    for (const key of keys as string[]) {
      call.store.deleteObject(bucket, key);
      if (!isQuiet) deleted += `<Deleted>${element("Key", encode(key))}</Deleted>`;
    }
    return xmlAnswer("DeleteResult", deleted);
  },
};
