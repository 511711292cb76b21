import assert from "node:assert/strict";
import { test } from "node:test";
import { locate, namesPluginsDir } from "./locations.ts";

test("the working directory is home when nothing is said", () => {
  assert.deepEqual(locate({}, {}, "/work"), {
    home: "/work",
    pluginsDir: "/work/plugins",
    configurationDir: "/work/conf",
  });
});

test("what is said closer to the call counts: option, home, Flink's variables, $PLUGFS_HOME", () => {
  const environment = { FLINK_PLUGINS_DIR: "/env/p", FLINK_CONF_DIR: "/env/c", PLUGFS_HOME: "/env/home" };
  assert.deepEqual(locate({}, environment, "/work"), {
    home: "/env/home",
    pluginsDir: "/env/p",
    configurationDir: "/env/c",
  });
  assert.deepEqual(locate({ home: "/h" }, environment, "/work"), {
    home: "/h",
    pluginsDir: "/h/plugins",
    configurationDir: "/h/conf",
  });
  assert.deepEqual(locate({ pluginsDir: "/p", configurationFile: "/f.yaml" }, environment, "/work"), {
    home: "/env/home",
    pluginsDir: "/p",
    configurationDir: "/env/c",
    configurationFile: "/f.yaml",
  });
  assert.equal(locate({ home: "/h", pluginsDir: "/p" }, environment, "/work").pluginsDir, "/p");
  assert.equal(locate({}, { PLUGFS_HOME: "/env/home" }, "/work").pluginsDir, "/env/home/plugins");
});

test("relative paths are relative to the working directory, empty variables are not set", () => {
  const options = { home: "h", pluginsDir: "../p", configurationFile: "f.yaml" };
  assert.deepEqual(locate(options, {}, "/work/here"), {
    home: "/work/here/h",
    pluginsDir: "/work/p",
    configurationDir: "/work/here/h/conf",
    configurationFile: "/work/here/f.yaml",
  });
  const empty = { FLINK_PLUGINS_DIR: "", FLINK_CONF_DIR: "", PLUGFS_HOME: "" };
  assert.deepEqual(locate({}, empty, "/work"), locate({}, {}, "/work"));
  assert.equal(locate({}, { FLINK_PLUGINS_DIR: "p" }, "/work").pluginsDir, "/work/p");
});

test("the plugins folder is named by an option or a variable that is not empty", () => {
  assert.equal(namesPluginsDir({}, {}), false);
  assert.equal(namesPluginsDir({}, { FLINK_PLUGINS_DIR: "", PLUGFS_HOME: "", FLINK_CONF_DIR: "/c" }), false);
  assert.equal(namesPluginsDir({}, { FLINK_PLUGINS_DIR: "/p" }), true);
  assert.equal(namesPluginsDir({}, { PLUGFS_HOME: "/h" }), true);
  assert.equal(namesPluginsDir({ home: "." }, {}), true);
  assert.equal(namesPluginsDir({ pluginsDir: "p" }, {}), true);
});
