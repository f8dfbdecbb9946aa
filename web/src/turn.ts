// One question with its answer on the page, filled as messages arrive. Text
// from outside only ever becomes text.
import { citationURL, copy, part, type Words } from "./dom.ts";
import type { Answer, Citation, Failure, Sentence, Stage } from "./protocol.ts";

const stages: Stage[] = ["searching", "reading", "writing"];

export class TurnView {
  readonly element: HTMLElement;
  private readonly citations = new Map<number, Citation>();
  private sentences = 0;
  private speaker = "council"; // of the sentence before

  constructor(
    private readonly words: Words,
    question: string,
    existing?: HTMLElement,
  ) {
    this.element = existing ?? copy<HTMLElement>("turn");
    if (!existing) part(this.element, "question").textContent = question;
    this.state("pending");
    this.stage("searching");
    part(this.element, "steps").hidden = false;
  }

  get question(): string {
    return part(this.element, "question").textContent ?? "";
  }

  accepted(turn: string, question: string | undefined, lang: string | undefined, masked: string[] | undefined): void {
    this.element.dataset.turn = turn;
    if (question) part(this.element, "question").textContent = question;
    if (lang) part(this.element, "answer").lang = lang;
    if (masked?.length) this.say("note", this.words("masked"));
  }

  stage(stage: Stage): void {
    const at = stages.indexOf(stage);
    for (const step of this.element.querySelectorAll<HTMLElement>("[data-step]")) {
      const i = stages.indexOf(step.dataset.step as Stage);
      step.dataset.at = i < at ? "past" : i === at ? "now" : "later";
    }
  }

  citation(c: Citation): void {
    if (this.citations.has(c.n)) return;
    this.citations.set(c.n, c);
    const item = copy<HTMLElement>("source");
    item.dataset.n = String(c.n);
    part(item, "number").textContent = String(c.n);
    const title = part<HTMLAnchorElement>(item, "title");
    title.href = citationURL(c.url);
    title.dataset.cite = String(c.n);
    title.dataset.address = title.href; // in full, for paper
    (title.querySelector("bdi") ?? title).textContent = c.document.title || c.document.id;
    part(item, "where").textContent = this.where(c);
    part(item, "quote").textContent = c.quote;
    if (c.superseded_by) {
      const { title, type, number, date: when, id } = c.superseded_by;
      const by = [title || number || id, `${type} ${number}`.trim(), when ? date(when) : ""].filter(Boolean).join(", ");
      part(item, "superseded").textContent = this.words("superseded", { by });
      part(item, "superseded").hidden = false;
    }
    part(this.element, "source-list").append(item);
  }

  sentence(s: Sentence): void {
    const text = part(this.element, "sentences");
    text.hidden = false;
    const span = document.createElement("span");
    span.className = "vb-sentence";
    const words = document.createElement("bdi");
    words.textContent = s.text;
    const speaker = s.speaker ?? "";
    if (speaker && speaker !== "council" && speaker !== this.speaker) {
      const label = document.createElement("span");
      label.className = "vb-speaker";
      label.lang = document.documentElement.lang;
      label.textContent = this.words(`speaker_${speaker}`);
      span.append(label, " ");
    }
    this.speaker = speaker;
    span.append(words);
    for (const n of s.citations) {
      const c = this.citations.get(n);
      if (!c) continue;
      const link = copy<HTMLAnchorElement>("cite");
      link.href = citationURL(c.url);
      link.dataset.cite = String(n);
      link.textContent = String(n);
      link.setAttribute("aria-label", (link.getAttribute("aria-label") ?? "").replace(/\d*$/, String(n)));
      span.append("\u00a0", link); // never alone on the next line
    }
    span.append(" ");
    text.append(span);
    this.sentences++;
  }

  done(a: Answer): void {
    // What the messages did not bring, the whole answer does.
    for (const c of a.citations) this.citation(c);
    a.sentences.slice(this.sentences).forEach((s, i) => this.sentence({ ...s, index: this.sentences + i }));
    part(this.element, "question").textContent = a.question;
    part(this.element, "answer").lang = a.lang;
    if (this.sentences === 0) this.say("message", a.text);
    const notes: string[] = [];
    if (a.status === "partial" && !a.stopped) notes.push(this.words("partial"));
    if (a.stopped && this.sentences > 0) notes.push(this.words("stopped"));
    if (a.divided) notes.push(this.words("divided"));
    if (a.masked?.length) notes.push(this.words("masked"));
    this.say("note", notes.join(" "));
    this.say("notice", a.notice ?? "");
    if (a.ai_generated === false) {
      part(this.element, "label").textContent = this.words("written");
      this.element.dataset.aiGenerated = "false";
      part(this.element, "digital-source").remove();
    } else if (a.model && a.model !== "extractive") {
      part<HTMLLinkElement>(this.element, "digital-source").href = "https://schema.org/TrainedAlgorithmicMediaDigitalSource";
    }
    part(this.element, "sources").hidden = this.citations.size === 0;
    this.state("done");
  }

  failed(f: Failure): void {
    this.say("note", f.message || this.words("failed"));
    part(this.element, "sources").hidden = this.citations.size === 0;
    this.state("failed");
  }

  private say(name: "message" | "note" | "notice", text: string): void {
    const element = part(this.element, name);
    element.textContent = text;
    element.hidden = text === "";
  }

  private state(state: "pending" | "done" | "failed"): void {
    this.element.dataset.state = state;
    if (state !== "pending") part(this.element, "steps").hidden = true;
  }

  private where(c: Citation): string {
    const label = c.page_label || String(c.page);
    const anchor = c.reader === "html" && label !== String(c.page);
    const parts = [this.words(anchor ? "section" : "page", { page: label })];
    if (c.heading) parts.push(c.heading);
    const reference = `${c.document.type} ${c.document.number}`.trim();
    if (reference) parts.push(reference);
    if (c.document.date) parts.push(date(c.document.date));
    if (c.reader === "ocr") parts.push(this.words("ocr", { percent: Math.floor(c.ocr_confidence ?? 0) }));
    return parts.join(" · ");
  }
}

/** A date at its own precision: 2014, april 2014, 25 april 2014. */
export function date(iso: string, lang = document.documentElement.lang): string {
  const [year, month, day] = iso.split("-").map(Number);
  if (!year || !month) return iso;
  const options: Intl.DateTimeFormatOptions = { year: "numeric", month: "long", timeZone: "UTC" };
  if (day) options.day = "numeric";
  return new Intl.DateTimeFormat(lang === "en" ? "en-GB" : "nl-NL", options).format(
    new Date(Date.UTC(year, month - 1, day || 1)),
  );
}
