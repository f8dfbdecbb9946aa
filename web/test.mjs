// Bundles the tests of src and runs them with Node's own runner.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const root = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const tests = (await readdir(path.join(root, "src"))).filter((f) => f.endsWith(".test.ts"));
if (tests.length === 0) {
  console.error("no tests found in src");
  process.exit(1);
}
const out = await mkdtemp(path.join(tmpdir(), "vraagbaak-web-"));
try {
  await build({
    absWorkingDir: root,
    entryPoints: tests.map((f) => `src/${f}`),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node18",
  });
  const files = tests.map((f) => path.join(out, f.replace(/\.ts$/, ".mjs")));
  process.exitCode = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" }).status ?? 1;
} finally {
  await rm(out, { recursive: true });
}
