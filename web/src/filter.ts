// The list of documents follows what is typed. The server makes the list, so it
// is the same as with the button.
const pause = 180; // ms without typing

export function filter(form: HTMLFormElement): void {
  const results = document.querySelector<HTMLElement>("[data-results]");
  const input = form.querySelector<HTMLInputElement>("input[type=search]");
  if (!results || !input) return;
  let timer = 0;
  let request: AbortController | null = null;
  const load = async (): Promise<void> => {
    request?.abort();
    const own = (request = new AbortController());
    const url = new URL(form.action);
    const words = input.value.trim();
    if (words) url.searchParams.set(input.name, words);
    try {
      const response = await fetch(url, { signal: own.signal });
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const made = page.querySelector("[data-results]");
      if (!made || own !== request) return;
      // The count is told to screen readers when it changes in its place.
      const count = results.querySelector("[data-count]");
      const fresh = document.importNode(made, true);
      const newCount = fresh.querySelector("[data-count]");
      if (count && newCount) {
        count.textContent = newCount.textContent;
        newCount.remove();
        results.replaceChildren(count, ...fresh.childNodes);
      } else results.replaceChildren(...fresh.childNodes);
      history.replaceState(null, "", url.pathname + url.search);
    } catch {
      // The button still works.
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void load(), pause);
  });
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    clearTimeout(timer);
    void load();
  });
}
