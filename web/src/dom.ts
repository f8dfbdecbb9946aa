// Small helpers over the page: finding its parts by data attribute, copying its
// templates, and its words.

export function part<T extends HTMLElement = HTMLElement>(root: ParentNode, name: string): T {
  const found = root.querySelector<T>(`[data-${name}]`);
  if (!found) throw new Error(`the page has no part ${name}`);
  return found;
}

export function copy<T extends HTMLElement>(template: string): T {
  const element = document.querySelector<HTMLTemplateElement>(`#${template}-template`);
  const first = element?.content.firstElementChild;
  if (!first) throw new Error(`the page has no template ${template}`);
  return document.importNode(first, true) as T;
}

export type Words = (key: string, values?: Record<string, string | number>) => string;

export function words(): Words {
  const texts = JSON.parse(document.getElementById("messages")?.textContent ?? "{}") as Record<string, string>;
  return (key, values = {}) =>
    (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** "" in Dutch, "/en" in English: what the addresses of this page begin with. */
export const prefix = document.documentElement.lang === "en" ? "/en" : "";

/** Only addresses of citations on this site; anything else is no address. */
export function citationURL(url: string): string {
  return url.startsWith("/citaat/") ? prefix + url : "";
}

/** Scrolls only as far as needed, and without movement for who asked for that. */
export function reveal(element: Element, block: ScrollLogicalPosition = "nearest"): void {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block, behavior: still ? "auto" : "smooth" });
}
