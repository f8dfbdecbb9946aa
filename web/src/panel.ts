// The page of a source beside the conversation: next to it on wide screens, over
// it on small ones. It shows the same page that the link leads to.
import { part, type Words } from "./dom.ts";

const wide = matchMedia("(min-width: 64rem)");
const deadline = 10_000; // ms for a page to arrive

export class Panel {
  private readonly title: HTMLElement;
  private readonly body: HTMLElement;
  private opener: HTMLElement | null = null;
  private request: AbortController | null = null;

  constructor(
    private readonly dialog: HTMLDialogElement,
    private readonly words: Words,
  ) {
    this.title = part(dialog, "panel-title");
    this.body = part(dialog, "panel-body");
    part(dialog, "panel-close").addEventListener("click", () => this.close());
    dialog.addEventListener("close", () => this.closed());
    // A dialog beside the page does not close on Escape by itself.
    document.addEventListener("keydown", (e) => {
      if (e.key === "Escape" && dialog.open && wide.matches && !e.defaultPrevented) this.close();
    });
    dialog.addEventListener("click", (e) => {
      if (e.target === dialog && !wide.matches) this.close(); // the space around it
      const link = (e.target as Element).closest?.<HTMLAnchorElement>("a");
      if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
      if (link.matches("[data-passage-link]")) {
        e.preventDefault();
        void this.load(link.href, link.rel);
      } else if (link.matches("[data-passage-jump]")) {
        e.preventDefault();
        this.toQuote(true);
      }
    });
    wide.addEventListener("change", () => {
      if (!dialog.open) return;
      const { opener } = this;
      this.opener = null; // closing for a moment must not move the focus
      dialog.close();
      this.show();
      this.opener = opener;
    });
  }

  open(link: HTMLAnchorElement): void {
    document.querySelectorAll("[data-cite][aria-expanded]").forEach((e) => e.removeAttribute("aria-expanded"));
    this.opener = link;
    link.setAttribute("aria-expanded", "true");
    if (!this.dialog.open) this.show();
    void this.load(link.href);
  }

  private show(): void {
    if (wide.matches) this.dialog.show();
    else this.dialog.showModal();
    document.body.classList.toggle("vb-page--reading", true);
  }

  private close(): void {
    this.dialog.close();
  }

  private closed(): void {
    this.request?.abort();
    if (this.dialog.open) return;
    document.body.classList.toggle("vb-page--reading", false);
    const { opener } = this;
    if (!opener) return;
    opener.removeAttribute("aria-expanded");
    this.opener = null;
    if (opener.isConnected) opener.focus();
  }

  private async load(url: string, rel = ""): Promise<void> {
    this.request?.abort();
    const request = (this.request = new AbortController());
    const timer = setTimeout(() => request.abort("late"), deadline);
    this.body.setAttribute("aria-busy", "true");
    if (!this.body.hasChildNodes()) this.title.textContent = this.words("loading");
    try {
      const response = await fetch(url, { signal: request.signal, headers: { Accept: "text/html" } });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const passage = page.querySelector("[data-passage]");
      const title = page.querySelector("[data-passage-title]");
      if (!passage || !title) throw new Error("not a page of a source");
      this.title.replaceChildren(...document.importNode(title, true).childNodes);
      this.body.replaceChildren(document.importNode(passage, true));
      this.body.scrollTop = 0;
      this.title.focus({ preventScroll: true });
      if (rel === "") this.toQuote(false);
    } catch {
      if (request !== this.request || (request.signal.aborted && request.signal.reason !== "late")) return;
      const message = document.createElement("p");
      const link = document.createElement("a");
      link.className = "nl-link";
      link.href = url;
      link.textContent = new URL(url).pathname;
      message.append(this.words("source_failed"), " ", link);
      this.title.textContent = "";
      this.body.replaceChildren(message);
      this.body.focus();
    } finally {
      clearTimeout(timer);
      if (request === this.request) this.body.removeAttribute("aria-busy");
    }
  }

  private toQuote(focus: boolean): void {
    // The quote as it was printed, where that can be read; else, or for who asks for
    // it, in the text.
    const text = this.body.querySelector<HTMLElement>("#citaat");
    const printed = this.body.querySelector<SVGElement>("[data-marks] > *");
    const legible = !focus && this.body.clientWidth >= 480;
    const quote = (legible ? printed : null) ?? text;
    if (!quote) return;
    if (focus && text) {
      text.closest("details")?.setAttribute("open", "");
      text.focus({ preventScroll: true });
    }
    // Only the source scrolls: neither the conversation nor the head with its button.
    const { body } = this;
    const top = quote.getBoundingClientRect().top - body.getBoundingClientRect().top;
    body.scrollTo({ top: body.scrollTop + top - body.clientHeight / 4 });
  }
}
