// The scripts of the staff area: each page works without them.
import "./sets.ts";
import { review } from "./review.ts";
import { editor } from "./editor.ts";

editor();

const judging = document.querySelector<HTMLElement>("[data-review]");
if (judging) review(judging);
