// The scripts of the staff area: each page works without them.
import { editor } from "./editor.ts";

editor();
