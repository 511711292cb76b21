// JavaScript, because TypeScript would check the sources that ali-oss ships beside these files.
export { version } from "ali-oss/lib/browser/version.js";
export { default as signUtils } from "ali-oss/lib/common/signUtils.js";
export { createRequest } from "ali-oss/lib/common/utils/createRequest.js";
