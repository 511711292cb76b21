/**
 * Makes a fresh clone ready: installs what the lock file names, builds what is older than its sources.
 * Runs before `npm start`, `npm test` and `npm pack`; silent when there is nothing to do.
 *
 * Built-ins only, and nothing here that an old Node.js cannot parse: it must be able to say what is wrong.
 */
const [major, minor] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `plugfs needs Node.js 20.19 or newer; this is Node.js ${process.versions.node} (${process.execPath}). ` +
      "Install a newer one from https://nodejs.org and run the command again.",
  );
  process.exitCode = 1;
} else {
  import("./setup/main.mjs")
    .then(({ setUp }) =>
      setUp({ root: new URL("..", import.meta.url), rebuild: process.argv.includes("--rebuild") }),
    )
    .catch((error) => {
      console.error(error.name === "SetupError" ? `plugfs: ${error.message}` : error);
      process.exitCode = 1;
    });
}
