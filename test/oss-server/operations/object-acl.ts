import { answer } from "../answer.ts";
import { bucketOf, type Operation, objectOf } from "../call.ts";
import { invalidArgument } from "../errors.ts";
import { aclOf } from "../object-headers.ts";
import { aclAnswer } from "./bucket.ts";

/** OSS document "GetObjectACL". */
export const getObjectAcl: Operation = {
  name: "GetObjectAcl",
  access: "owner",
  run: (call) => aclAnswer(objectOf(call).acl),
};

/** OSS document "PutObjectACL". */
export const putObjectAcl: Operation = {
  name: "PutObjectAcl",
  access: "owner",
  run(call) {
    if (!call.headers.has("x-oss-object-acl")) {
      throw invalidArgument("No x-oss-object-acl was given.", "x-oss-object-acl", "null");
    }
    call.store.putObject(bucketOf(call), call.key, { ...objectOf(call), acl: aclOf(call.headers) });
    return answer(200);
  },
};
