import { answer, xmlAnswer } from "../answer.ts";
import { bucketOf, type Operation, objectOf } from "../call.ts";
import { malformedXml } from "../errors.ts";
import { checkTags } from "../object-headers.ts";
import { childrenOf, element, parseXml, textOf } from "../xml.ts";

const LARGEST_BODY = 64 * 1024;

/** OSS document "PutObjectTagging". */
export const putObjectTagging: Operation = {
  name: "PutObjectTagging",
  access: "owner",
  async run(call) {
    const root = parseXml(await call.body.text(LARGEST_BODY));
    const [set] = childrenOf(root, "TagSet");
    if (root.name !== "Tagging" || set === undefined) throw malformedXml();
    const tags = childrenOf(set, "Tag").map((tag): [string, string] => {
      const [key, value] = [textOf(tag, "Key"), textOf(tag, "Value")];
      if (key === undefined) throw malformedXml();
      return [key, value ?? ""];
    });
    const object = objectOf(call);
    call.store.putObject(bucketOf(call), call.key, { ...object, tags: checkTags(tags) });
    return answer(200);
  },
};

/** OSS document "GetObjectTagging". */
export const getObjectTagging: Operation = {
  name: "GetObjectTagging",
  access: "owner",
  run(call) {
    const tags = objectOf(call).tags.map(
      ([key, value]) => `<Tag>${element("Key", key)}${element("Value", value)}</Tag>`,
    );
    return xmlAnswer("Tagging", `<TagSet>${tags.join("")}</TagSet>`);
  },
};

/** OSS document "DeleteObjectTagging". */
export const deleteObjectTagging: Operation = {
  name: "DeleteObjectTagging",
  access: "owner",
  run(call) {
    call.store.putObject(bucketOf(call), call.key, { ...objectOf(call), tags: [] });
    return answer(204);
  },
};
