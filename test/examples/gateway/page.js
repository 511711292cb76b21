/** A folder as a page: one table, no script, readable in light and dark, by keyboard and by screen reader. */
export function page(path, entries) {
  const title = escaped(path.toString());
  const parent =
    path.parent === null
      ? ""
      : `<p><a href="${link(path.parent.toString())}">Up to ${escaped(path.parent.toString())}</a></p>`;
  const rows = entries.map(
    ({ name, uri, kind, length, modificationTime }) => `
      <tr>
        <th scope="row"><a href="${link(uri)}">${escaped(name)}${kind === "directory" ? "/" : ""}</a></th>
        <td>${kind === "directory" ? "" : size(length)}</td>
        <td>${time(modificationTime)}</td>
      </tr>`,
  );
  const table =
    entries.length === 0
      ? "<p>This folder is empty.</p>"
      : `<table>
      <caption>${entries.length} ${entries.length === 1 ? "entry" : "entries"}</caption>
      <thead><tr><th scope="col">Name</th><th scope="col">Size</th><th scope="col">Changed</th></tr></thead>
      <tbody>${rows.join("")}</tbody>
    </table>`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <style>
      :root { color-scheme: light dark; }
      body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
      h1 { font-size: 1.25rem; overflow-wrap: anywhere; }
      table { border-collapse: collapse; width: 100%; }
      caption { text-align: left; padding: .5rem 0; }
      th, td { text-align: left; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
      tbody th { font-weight: 400; overflow-wrap: anywhere; }
      td { font-variant-numeric: tabular-nums; white-space: nowrap; }
      a:focus-visible { outline: 2px solid; outline-offset: 2px; }
    </style>
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      ${parent}
      ${table}
    </main>
  </body>
</html>
`;
}

function link(uri) {
  return `/f/${encodeURIComponent(uri).replaceAll("%2F", "/").replaceAll("%3A", ":")}`;
}

function escaped(text) {
  const names = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "#39" };
  return text.replaceAll(/[&<>"']/g, (character) => `&${names[character]};`);
}

function size(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return `${unit === 0 ? bytes : (bytes / 1024 ** unit).toFixed(1)} ${units[unit]}`;
}

function time(milliseconds) {
  if (milliseconds === 0) return "";
  const text = new Date(milliseconds).toISOString();
  return `<time datetime="${text}">${text.slice(0, 16).replace("T", " ")} UTC</time>`;
}
