// Judging by keyboard. Everything works without this script; the keys can be switched
// off, which is remembered in this browser.
const keysOff = "vraagbaak-keys-off";

export function review(root: HTMLElement): void {
  const form = root.querySelector<HTMLFormElement>("[data-review-form]");
  if (!form) return;
  const fault = root.querySelector<HTMLElement>("[data-fault]");
  fault?.focus();
  const keys = root.querySelector<HTMLElement>("[data-keys]");
  if (!keys) return;
  root.classList.add("vb-review--live");
  search(form);
  const rest = form.querySelector<HTMLElement>("[data-rest-line]");
  if (rest) rest.hidden = false;
  form.querySelector("[data-rest]")?.addEventListener("click", () => restRight(form));

  const on = keys.querySelector<HTMLInputElement>("[data-keys-on]");
  const help = keys.querySelector<HTMLDetailsElement>("[data-keys-help]");
  const said = keys.querySelector<HTMLElement>("[data-keys-said]");
  keys.hidden = false;
  if (on) {
    on.checked = localStorage.getItem(keysOff) === null;
    on.addEventListener("change", () => {
      if (on.checked) localStorage.removeItem(keysOff);
      else localStorage.setItem(keysOff, "");
    });
  }

  // The answer itself comes first, then its sentences.
  const items = [...form.querySelectorAll<HTMLElement>("[data-item]")];
  let at = 0;
  const go = (to: number): void => {
    at = Math.max(0, Math.min(items.length - 1, to));
    for (const [i, item] of items.entries()) item.classList.toggle("vb-review__here", i === at);
    const item = items[at];
    const target = at === 0 ? (item?.querySelector<HTMLElement>("input:checked") ?? item?.querySelector<HTMLElement>("input")) : item;
    target?.focus({ preventScroll: true });
    item?.scrollIntoView({ block: "center" });
  };
  for (const [i, item] of items.entries()) {
    item.addEventListener("focusin", () => {
      at = i;
      for (const other of items) other.classList.toggle("vb-review__here", other === item);
    });
  }
  const tell = (text: string): void => {
    if (said) said.textContent = text;
  };
  const judge = (key: string): void => {
    const item = items[at];
    if (!item) return;
    if (at === 0) {
      const radio = item.querySelector<HTMLInputElement>(`[data-key="${key}"]`);
      if (!radio) return;
      radio.checked = true;
      radio.focus({ preventScroll: true });
      return;
    }
    const select = item.querySelector("select");
    if (!select) return;
    const option = [...select.options].find((o) => (key === "0" ? o.value === "" : o.text.startsWith(key + " ")));
    if (!option) return;
    select.value = option.value;
    tell(`${item.querySelector("label")?.textContent ?? ""}: ${option.text}`);
    if (key !== "0" && at < items.length - 1) go(at + 1);
  };
  const open = (selector: string): void => {
    const field = form.querySelector<HTMLInputElement | HTMLTextAreaElement>(selector);
    field?.focus();
    field?.select();
  };

  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || !on?.checked) return;
    const target = e.target instanceof HTMLElement ? e.target : document.body;
    const typing = target.matches("textarea, select, input:not([type=radio], [type=checkbox])");
    if (typing) {
      if (e.key === "Escape") go(at);
      // Enter in the field of the search searches, and not what the form does first.
      else return;
      e.preventDefault();
      return;
    }
    const done = act(e.key, target);
    if (done) e.preventDefault();
  });

  function act(key: string, target: HTMLElement): boolean {
    if (/^[0-7]$/.test(key)) judge(key);
    else if (key === "j") go(at + 1);
    else if (key === "k") go(at - 1);
    else if (key === "a") restRight(form as HTMLFormElement);
    else if (key === "s") open("#zoek");
    else if (key === "t") open("#toelichting");
    else if (key === "n") root.querySelector<HTMLElement>("[data-skip]")?.click();
    else if (key === "?") {
      if (help) {
        help.open = !help.open;
        help.querySelector("summary")?.focus();
      }
    } else if (key === "Enter") {
      if (target.matches("a, button, summary")) return false;
      form?.querySelector<HTMLElement>("[data-save]")?.click();
    } else return false;
    return true;
  }
  if (!fault && !root.querySelector("[data-found]")) go(0);
}

/** restRight gives every sentence without a judgement of its own the first one: right. */
function restRight(form: HTMLFormElement): void {
  for (const select of form.querySelectorAll<HTMLSelectElement>("[data-item] select")) {
    if (select.value === "") select.value = "right";
  }
}

/** search looks for sources without leaving the page. The server makes the list, so it is
 * the same as without a script. */
function search(form: HTMLFormElement): void {
  form.addEventListener("submit", (e) => {
    const button = e.submitter as HTMLButtonElement | null;
    if (button?.value !== "zoek") return;
    e.preventDefault();
    void (async () => {
      button.disabled = true;
      const sent = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (typeof value === "string") sent.append(name, value);
      sent.append("doe", "zoek");
      try {
        const response = await fetch(form.action, { method: "POST", body: sent });
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const made = page.querySelector("[data-sources]");
        const here = form.querySelector("[data-sources]");
        if (!response.ok || !made || !here) throw new Error("no list");
        here.replaceWith(document.importNode(made, true));
        const first = form.querySelector<HTMLElement>("[data-found] ~ ul input, #zoek");
        (form.querySelector<HTMLElement>("[data-found] ~ ul input") ?? first)?.focus();
      } catch {
        // Without the list in its place, the page with it.
        button.disabled = false;
        const field = document.createElement("input");
        field.type = "hidden";
        field.name = "doe";
        field.value = "zoek";
        form.append(field);
        form.submit();
      }
    })();
  });
}
