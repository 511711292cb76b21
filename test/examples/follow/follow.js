/**
 * `node follow.js <folder> <state folder>`: names the files of a folder that are new or have changed since the last run.
 * What a run has handled is a checkpoint of the host's own: it counts once it is complete, whatever happens meanwhile.
 */
import { Environment, FsStateBackend, Path } from "plugfs";

const [folder, state] = process.argv.slice(2);
if (state === undefined) {
  console.error("usage: node follow.js FOLDER STATE");
  process.exit(2);
}

const env = await Environment.open();
try {
  await run();
} finally {
  await env.close();
}

async function run() {
  const storage = await env.stateStorage("follow", new FsStateBackend(state));
  const saved = await (await storage.latest())?.read("versions");
  const versions = saved === undefined ? {} : JSON.parse(saved.toString());

  const fileSystem = await env.fileSystem(folder);
  const found = {};
  for await (const file of fileSystem.listStatus(Path.parse(folder))) {
    if (file.kind !== "file") continue;
    const version = file.version ?? `${file.length} ${file.modificationTime}`;
    found[file.path.name] = version;
    if (versions[file.path.name] !== version) console.log(file.path.name);
  }

  const checkpoint = await storage.begin();
  try {
    await checkpoint.write("versions", Buffer.from(JSON.stringify(found)));
    await checkpoint.complete();
  } finally {
    await checkpoint.abort(); // does nothing to a complete one
  }
}
