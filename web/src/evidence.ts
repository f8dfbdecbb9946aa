// What the page of a source can do with a script, by itself and beside the
// conversation: copy its reference, and say it when a picture does not come.

/** Listens for all sources that are or will be on the page. */
export function evidence(): void {
  document.documentElement.dataset.script = "";
  document.addEventListener("click", (e) => {
    const button = (e.target as Element).closest<HTMLElement>("[data-copy-reference]");
    if (button) void copyReference(button.closest<HTMLElement>("[data-passage]") ?? document.body);
  });
  // A failure to load does not bubble.
  document.addEventListener("error", (e) => missing(e.target), true);
  for (const image of document.querySelectorAll<HTMLImageElement>("[data-picture]")) {
    if (image.complete && image.naturalWidth === 0) missing(image);
  }
}

async function copyReference(source: HTMLElement): Promise<void> {
  const reference = source.querySelector<HTMLElement>("[data-reference]");
  const status = source.querySelector<HTMLElement>("[data-copied]");
  if (!reference || !status) return;
  let copied = false;
  try {
    await navigator.clipboard.writeText(reference.innerText.trim());
    copied = true;
  } catch {
    // Not allowed, or not an address with https: what is selected can be copied.
    getSelection()?.selectAllChildren(reference);
  }
  status.textContent = (copied ? status.dataset.done : status.dataset.selected) ?? "";
}

function missing(image: EventTarget | null): void {
  if (!(image instanceof HTMLImageElement) || !image.matches("[data-picture]")) return;
  const figure = image.closest<HTMLElement>("[data-failed]");
  if (!figure) return;
  const message = document.createElement("p");
  message.className = "vb-leaf__failed";
  message.textContent = figure.dataset.failed ?? "";
  figure.replaceWith(message);
}
