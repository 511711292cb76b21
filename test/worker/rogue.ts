import type { Files } from "../support/files.ts";

/** `rogue://x/<what>`: `getFileStatus` does what the key says. */
export const ROGUE: Files = {
  "package.json": {
    name: "rogue",
    version: "1.2.3",
    exports: "./index.js",
    peerDependencies: { plugfs: "^1.0.0" },
    plugfs: { schemes: ["rogue"] },
  },
  "index.js": `
    const { FileSystem, FileSystemError, RandomAccessInputStream, SerialOutputStream, option } = require("plugfs");
    const never = () => new Promise(() => {});
    const deeds = {
      exit: () => process.exit(3),
      throw: () => { setImmediate(() => { throw new TypeError("thrown outside of a call"); }); return never(); },
      reject: () => { Promise.reject(new Error("rejected outside of a call")); return never(); },
      spin: () => { for (;;); },
      heap: () => { const all = []; for (;;) all.push(new Array(1e5).fill({})); },
      handle: async () => {
        setInterval(() => {}, 1000);
        await new Promise((resolve) => require("node:net").createServer().listen(0, "127.0.0.1", resolve));
        return 1;
      },
      globals: () => { Array.prototype.rogue = 1; globalThis.rogue = 1; process.env.ROGUE = "1"; return 1; },
      refuse: (path) => { throw new FileSystemError({ code: "EBUSY", path, retryable: true, storeCode: "Slow", requestId: "r1", hint: "Wait" }); },
      odd: () => { throw Object.assign(new RangeError("odd"), { code: "ODD", cause: new Error("deep") }); },
      hang: (path, { signal }) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
      fine: () => 7,
    };
    class Rogue extends FileSystem {
      capabilities = new Set(["write"]);
      constructor(settings) { super(); this.settings = settings; }
      async getFileStatus(path, options) {
        const length = path.key === "setting" ? this.settings.setting : await deeds[path.key](path, options ?? {});
        return { path, kind: "file", length, modificationTime: 0 };
      }
      async *listStatus(path) {
        for (let i = 0; i < 1000; i++) yield { path: path.child(String(i)), kind: "file", length: i, modificationTime: 0 };
        this.settings.logger.warn({ err: new Error("inside") }, "listed");
      }
      async open(path) {
        const status = { path, kind: "file", length: 1e6, modificationTime: 0 };
        return new RandomAccessInputStream({ status, readAt: async (at, into) => {
          for (let i = 0; i < into.length; i++) into[i] = (at + i) % 251;
          return into.length;
        } });
      }
      async create(path) {
        return new SerialOutputStream({
          path,
          write: async () => {},
          finish: async () => ({ path, kind: "file", length: 0, modificationTime: 0 }),
          discard: async () => {},
        });
      }
    }
    const SETTING = option.integer("rogue.setting", { default: 5 });
    module.exports = class {
      scheme = "rogue";
      configure(configuration) { this.setting = configuration.get(SETTING); }
      create(root, { logger }) { return new Rogue({ setting: this.setting, logger }); }
    };
  `,
};
