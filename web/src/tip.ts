// The quote of a citation, shown while its number has the pointer or the focus.
// It stays while the pointer is on it, and goes on Escape (WCAG 1.4.13).
import { part } from "./dom.ts";

const delay = 120; // ms for the pointer to go from the number to the quote
const gap = 8; // px between them

export class Tip {
  private readonly tip: HTMLElement;
  private link: HTMLElement | null = null;
  private why: ":focus" | ":hover" = ":hover"; // what the link must have for the quote to stay
  private leaving = 0;

  constructor(chat: HTMLElement, log: HTMLElement) {
    this.tip = part(chat, "tip");
    const cite = (e: Event) => (e.target as Element).closest?.<HTMLElement>(".vb-cite") ?? null;
    // The focus that comes back from the source brings no quote with it.
    let away = false;
    let back = false;
    document.addEventListener(
      "focusin",
      (e) => {
        back = away && cite(e) !== null;
        away = (e.target as Element).closest("dialog") !== null;
      },
      true,
    );
    log.addEventListener("focusin", (e) => {
      const link = cite(e);
      if (link && !back) this.show(link, ":focus");
    });
    log.addEventListener("pointerover", (e) => {
      const link = cite(e);
      // A finger that touches chooses: it needs no quote on the way.
      if (link && e.pointerType !== "touch") this.show(link, ":hover");
    });
    log.addEventListener("pointerout", (e) => cite(e) && this.leave());
    log.addEventListener("focusout", (e) => cite(e) && !this.tip.matches(":hover") && this.hide());
    log.addEventListener("click", (e) => cite(e) && this.hide());
    this.tip.addEventListener("pointerenter", () => clearTimeout(this.leaving));
    this.tip.addEventListener("pointerleave", () => this.leave());
    document.addEventListener(
      "keydown",
      (e) => {
        if (e.key !== "Escape" || this.tip.hidden) return;
        e.preventDefault(); // only the quote goes, not the source beside it
        this.hide();
      },
      true,
    );
    addEventListener("resize", () => this.hide());
  }

  private show(link: HTMLElement, why: ":focus" | ":hover"): void {
    clearTimeout(this.leaving);
    if (this.link === link) return;
    this.hide();
    const source = link.closest(".vb-turn")?.querySelector<HTMLElement>(`.vb-source[data-n="${CSS.escape(link.dataset.cite ?? "")}"]`);
    const quote = source && part(source, "quote");
    if (!source || !quote) return;
    const title = part(source, "title").textContent ?? "";
    part(this.tip, "tip-where").textContent = `${title} · ${part(source, "where").textContent ?? ""}`;
    const shown = part(this.tip, "tip-quote");
    shown.textContent = quote.textContent;
    shown.lang = quote.lang;
    this.link = link;
    this.why = why;
    link.setAttribute("aria-describedby", this.tip.id);
    this.tip.hidden = false;
    this.place(link);
  }

  /** Under the number, or above it when there is more room; within the window. */
  private place(link: HTMLElement): void {
    const at = link.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const dock = document.querySelector(".vb-dock")?.getBoundingClientRect();
    const bottom = dock && dock.top > at.bottom ? Math.min(dock.top, clientHeight) : clientHeight;
    const below = bottom - at.bottom - 2 * gap;
    const above = at.top - 2 * gap;
    const up = this.tip.offsetHeight > below && above > below;
    const { style } = this.tip;
    style.maxBlockSize = `${Math.max(96, Math.min(320, up ? above : below))}px`;
    const left = Math.max(gap, Math.min(at.left - 24, clientWidth - this.tip.offsetWidth - gap));
    const top = up ? at.top - gap - this.tip.offsetHeight : at.bottom + gap;
    style.left = `${left + scrollX}px`;
    style.top = `${top + scrollY}px`;
  }

  private leave(): void {
    clearTimeout(this.leaving);
    this.leaving = window.setTimeout(() => {
      if (!this.link?.matches(this.why) && !this.tip.matches(":hover")) this.hide();
    }, delay);
  }

  hide(): void {
    clearTimeout(this.leaving);
    this.tip.hidden = true;
    this.tip.style.maxBlockSize = "";
    this.link?.removeAttribute("aria-describedby");
    this.link = null;
  }
}
