// Builds the styles and scripts into dist: names with a digest of the content,
// a manifest that maps plain names to them, and a gzip twin of every file.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";

const root = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const dist = path.join(root, "dist");
const maxFirstView = 60 * 1024; // bytes of script and style together, compressed

await mkdir(dist, { recursive: true });
for (const name of await readdir(dist)) {
  if (name !== ".gitkeep") await rm(path.join(dist, name), { recursive: true });
}

const result = await build({
  absWorkingDir: root,
  entryPoints: { main: "src/main.ts", style: "styles/main.css", office: "src/office/main.ts", "office-style": "styles/office/main.css" },
  outdir: "dist",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  legalComments: "none",
  write: false,
});

// What other websites load; an ordinary script, because it looks where it stands.
const widget = await build({
  absWorkingDir: root,
  entryPoints: { widget: "src/widget.ts" },
  outdir: "dist",
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2020"],
  legalComments: "none",
  write: false,
});

const outputs = [...result.outputFiles, ...widget.outputFiles].map((f) => [path.basename(f.path), Buffer.from(f.contents)]);
outputs.push(["icon.svg", await readFile(path.join(root, "static/icon.svg"))]);

const manifest = {};
let firstView = 0;
for (const [name, content] of outputs) {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const { name: stem, ext } = path.parse(name);
  const file = `${stem}-${digest}${ext}`;
  const compressed = gzipSync(content, { level: 9 });
  await writeFile(path.join(dist, file), content);
  await writeFile(path.join(dist, `${file}.gz`), compressed);
  manifest[name] = file;
  if (name === "main.js" || name === "style.css") firstView += compressed.length;
  console.log(`${file}  ${content.length} B, gzip ${compressed.length} B`);
}
await writeFile(path.join(dist, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
console.log(`script and style of the first view: gzip ${firstView} B of ${maxFirstView} B`);
if (firstView > maxFirstView) {
  console.error("too large: take something out before adding more");
  process.exit(1);
}
