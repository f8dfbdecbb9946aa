// Trying a case without leaving its form, and the progress of a run without reloading
// the page. Both forms and pages work without this.

const pollEvery = 1500; // milliseconds

function parse(text: string): Document {
  return new DOMParser().parseFromString(text, "text/html");
}

/** Puts the part of another document that has this id in the place of ours. */
function exchange(id: string, from: Document): boolean {
  const ours = document.getElementById(id);
  const theirs = from.getElementById(id);
  if (!ours || !theirs) return false;
  ours.replaceChildren(...Array.from(theirs.childNodes, (n) => document.importNode(n, true)));
  return true;
}

function tryOut(form: HTMLFormElement): void {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || button.value !== "probeer") return;
    const place = document.getElementById("proef");
    if (!place) return;
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    place.setAttribute("aria-live", "polite");
    place.textContent = place.dataset.busy ?? "";
    const fields = new URLSearchParams();
    new FormData(form, button).forEach((value, name) => { if (typeof value === "string") fields.append(name, value); });
    fetch(form.action, { method: "POST", body: fields, headers: { Accept: "text/html" } })
      .then(async (answer) => {
        const page = parse(await answer.text());
        const fault = page.querySelector("[role=alert]");
        if (fault) place.replaceChildren(document.importNode(fault, true));
        else if (!answer.ok || !exchange("proef", page)) throw new Error(String(answer.status));
      })
      .catch(() => { place.textContent = place.dataset.failed ?? ""; })
      .finally(() => { button.removeAttribute("aria-disabled"); });
  });
}

function watch(part: HTMLElement): void {
  const look = (): void => {
    fetch(location.href, { headers: { Accept: "text/html" } })
      .then(async (answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        const page = parse(await answer.text());
        const theirs = page.getElementById(part.id);
        if (theirs && !theirs.hasAttribute("data-poll")) { location.reload(); return; }
        exchange(part.id, page);
        setTimeout(look, pollEvery);
      })
      .catch(() => setTimeout(look, 4 * pollEvery));
  };
  setTimeout(look, pollEvery);
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-case]")) tryOut(form);
for (const part of document.querySelectorAll<HTMLElement>("[data-poll]")) watch(part);
