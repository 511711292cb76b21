const { FileSystem } = require("plugfs");

class Echo extends FileSystem {
  capabilities = new Set();
  async getFileStatus(path) {
    return { path, kind: "file", length: require("./answer.cjs"), modificationTime: 0 };
  }
}

module.exports = class {
  scheme = "cjs";
  create() {
    return new Echo();
  }
};
