// What follows an answer: copy it, say what it was worth. The parts themselves
// are made by the server, so they are the same without this script.
import { part, prefix, type Words } from "./dom.ts";

const deadline = 10_000; // ms

/** Posts a form about a conversation; what comes back is the part of the page that changed. */
function send(what: string, body: URLSearchParams): Promise<Response> {
  return fetch(`${prefix}/gesprek/${what}`, {
    method: "POST",
    body,
    headers: { Accept: "text/x-part" },
    signal: AbortSignal.timeout(deadline),
  });
}

function fields(form: HTMLFormElement, e: Event): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, (e as SubmitEvent).submitter)) body.append(name, String(value));
  return body;
}

/** Fetches what follows an answer that arrived on this page. */
export async function addAfter(turn: HTMLElement, conversation: string): Promise<void> {
  const id = turn.dataset.turn;
  if (!id || !conversation) return;
  const place = part(turn, "after");
  try {
    const response = await send("vervolg", new URLSearchParams({ conversation, turn: id }));
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    place.replaceChildren(...document.importNode(page.body, true).childNodes);
    place.hidden = false;
    offerCopy(place);
    // Questions to go on with are for the last answer only.
    const log = turn.parentElement;
    log?.querySelectorAll(".vb-next").forEach((e) => {
      if (!turn.contains(e)) e.remove();
    });
  } catch {
    // The answer is there; what follows comes with the next look at the page.
  }
}

export function offerCopy(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-copy]").forEach((b) => (b.hidden = false));
}

const text = (root: ParentNode, name: string): string => root.querySelector(`[data-${name}]`)?.textContent?.trim() ?? "";

function label(say: Words): string {
  const lang = document.documentElement.lang === "en" ? "en-GB" : "nl-NL";
  return say("copy_label", { date: new Intl.DateTimeFormat(lang, { dateStyle: "long" }).format(new Date()) });
}

/** An answer as text: its label, its sentences with numbers, and every source in full. */
export function answerText(turn: HTMLElement, say: Words): string {
  const sentences = [...turn.querySelectorAll(".vb-sentence")].map((s) => {
    const numbers = [...s.querySelectorAll<HTMLElement>("[data-cite]")].map((c) => `[${c.dataset.cite}]`);
    return [s.querySelector("bdi")?.textContent ?? "", ...numbers].join(" ");
  });
  const sources = [...turn.querySelectorAll<HTMLElement>(".vb-source")].map((s) => {
    const link = s.querySelector<HTMLAnchorElement>("[data-title]");
    return `[${s.dataset.n}] ${text(s, "title")}, ${text(s, "where")}: “${text(s, "quote")}”\n${link?.href ?? ""}`;
  });
  const notes = [text(turn, "note"), text(turn, "notice")].filter(Boolean);
  return [text(turn, "question"), sentences.join(" "), ...notes, label(say), `${say("copy_sources")}\n${sources.join("\n")}`].join("\n\n");
}

export function copyAnswers(log: HTMLElement, say: Words, announce: (text: string) => void): void {
  log.addEventListener("click", (e) => {
    const button = (e.target as Element).closest<HTMLElement>("[data-copy]");
    const turn = button?.closest<HTMLElement>(".vb-turn");
    if (!button || !turn) return;
    const told = (message: string): void => {
      announce(message);
      let shown = button.nextElementSibling;
      if (!shown?.matches(".vb-after__told")) {
        shown = document.createElement("span");
        shown.className = "vb-after__told";
        button.after(shown);
      }
      shown.textContent = message;
    };
    copy(answerText(turn, say)).then(
      () => told(say("copied")),
      () => told(say("copy_failed")),
    );
  });
  // What is selected and copied by hand says so too.
  log.addEventListener("copy", (e) => {
    const selection = getSelection();
    const from = selection?.anchorNode?.parentElement?.closest(".vb-turn__answer");
    if (!selection || selection.isCollapsed || !from || !e.clipboardData) return;
    e.clipboardData.setData("text/plain", `${selection.toString().trim()}\n\n${label(say)}\n`);
    e.preventDefault();
  });
}

async function copy(value: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(value);
    return;
  }
  // Without https there is only the old way.
  const field = document.createElement("textarea");
  field.value = value;
  field.className = "vb-hidden";
  const { activeElement } = document;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (activeElement instanceof HTMLElement) activeElement.focus();
  if (!done) throw new Error("copying is not allowed");
}

/** Sends feedback without leaving the page, and shows the form as the server then makes it. */
export function sendFeedback(log: HTMLElement, say: Words): void {
  log.addEventListener("submit", (e) => {
    const form = (e.target as Element).closest<HTMLFormElement>("[data-feedback-form]");
    const section = form?.closest<HTMLElement>("[data-feedback]");
    if (!form || !section) return;
    e.preventDefault();
    const body = fields(form, e);
    const failed = part(form, "feedback-error");
    failed.hidden = true;
    void (async () => {
      try {
        const response = await send("oordeel", body);
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const made = page.getElementById(section.id);
        if (!made) throw new Error(`status ${response.status}`);
        const fresh = document.importNode(made, true);
        section.replaceWith(fresh);
        const wrong = fresh.querySelector<HTMLElement>("[aria-invalid]");
        (wrong ?? part(fresh, "feedback-title")).focus();
      } catch {
        failed.textContent = say("feedback_failed");
        failed.hidden = false;
      }
    })();
  });
}

/** Shares the conversation or stops that, without leaving the page. */
export function sharing(chat: HTMLElement, say: Words, announce: (text: string) => void): void {
  const offer = (root: ParentNode): void => root.querySelectorAll<HTMLElement>("[data-copy-address]").forEach((b) => (b.hidden = false));
  chat.addEventListener("submit", (e) => {
    const form = (e.target as Element).closest<HTMLFormElement>("[data-share-form]");
    const section = form?.closest<HTMLElement>("[data-share]");
    if (!form || !section) return;
    e.preventDefault();
    const body = fields(form, e);
    const failed = part(form, "share-error");
    failed.hidden = true;
    void (async () => {
      try {
        const response = await send("deel", body);
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const made = page.querySelector("[data-share]");
        if (!made) throw new Error(`status ${response.status}`);
        const fresh = document.importNode(made, true);
        section.replaceWith(fresh);
        offer(fresh);
        const summary = fresh.querySelector<HTMLElement>("summary")!;
        summary.focus();
        announce(summary.textContent ?? "");
      } catch {
        failed.textContent = say("share_failed");
        failed.hidden = false;
      }
    })();
  });
  chat.addEventListener("click", (e) => {
    const button = (e.target as Element).closest("[data-copy-address]");
    const address = button?.closest("[data-share]")?.querySelector<HTMLElement>("[data-share-address]");
    if (!address) return;
    copy(address.textContent ?? "").then(
      () => announce(say("address_copied")),
      () => getSelection()?.selectAllChildren(address),
    );
  });
  offer(chat);
}

/** Deletes the conversation and leaves nothing of it on the page. */
export function wipe(form: HTMLFormElement, say: Words, home: string): void {
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const failed = part(form, "wipe-error");
    failed.hidden = true;
    fetch(form.action, { method: "POST", body: fields(form, e), redirect: "manual", signal: AbortSignal.timeout(deadline) })
      .then((response) => {
        // It was done when the server sends us on.
        if (response.type !== "opaqueredirect") throw new Error(`status ${response.status}`);
        location.replace(`${home}?gewist`);
      })
      .catch(() => {
        failed.textContent = say("wipe_failed");
        failed.hidden = false;
      });
  });
}
