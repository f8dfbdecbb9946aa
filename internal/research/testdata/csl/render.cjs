// Renders CSL-JSON from standard input with citeproc-js: one line for each entry.
const fs = require("fs");
const path = require("path");
const citeproc = require(path.join(__dirname, "../../../../web/node_modules/citeproc"));
const read = (name) => fs.readFileSync(path.join(__dirname, name), "utf8");
const items = JSON.parse(fs.readFileSync(0, "utf8"));
const byID = Object.fromEntries(items.map((item) => [item.id, item]));
const engine = new citeproc.Engine(
  { retrieveLocale: () => read("locale.xml"), retrieveItem: (id) => byID[id] },
  read("style.csl"), "nl-NL", true);
engine.setOutputFormat("text");
engine.updateItems(items.map((item) => item.id), true); // in their own order
process.stdout.write(JSON.stringify(engine.makeBibliography()[1].map((line) => line.trim())));
