// What the pages of research can do with a script: choosing years by drawing over the
// chart, copying the address of a search, printing.

/** Sets up what is on the page. */
export function research(): void {
  document.addEventListener("click", (e) => {
    const button = (e.target as Element).closest<HTMLButtonElement>("[data-add]");
    if (!button) return;
    e.preventDefault();
    void add(button);
  });
  const filters = document.querySelector<HTMLDetailsElement>("[data-filters]");
  if (filters && !CSS.supports("selector(::details-content)")) filters.open = matchMedia("(min-width: 48rem)").matches;
  const form = document.querySelector<HTMLFormElement>("[data-research]");
  const chart = form?.querySelector<SVGSVGElement>("[data-chart]");
  if (form && chart) brush(form, chart);
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy-address]")) {
    button.hidden = false;
    button.addEventListener("click", () => void copyAddress(button));
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}

/** Puts a passage on the reading list and goes on here. */
async function add(button: HTMLButtonElement): Promise<void> {
  let done = false;
  try {
    const response = await fetch(button.formAction, {
      method: "POST",
      body: new URLSearchParams({ passage: button.value }),
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(10_000),
    });
    done = response.ok;
  } catch {
    // Told below.
  }
  let status = button.nextElementSibling;
  if (!status?.matches("[role=status]")) {
    status = document.createElement("span");
    status.className = "vb-chart__help";
    status.setAttribute("role", "status");
    button.after(" ", status);
  }
  status.textContent = (done ? button.dataset.done : button.dataset.failed) ?? "";
}

async function copyAddress(button: HTMLButtonElement): Promise<void> {
  const status = button.parentElement?.querySelector<HTMLElement>("[data-address-status]");
  let copied = true;
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {
    copied = false; // not allowed, or not an address with https
  }
  if (status) status.textContent = (copied ? button.dataset.done : `${button.dataset.failed} ${location.href}`) ?? "";
}

/** Drawing over the chart fills in the years and searches. */
function brush(form: HTMLFormElement, chart: SVGSVGElement): void {
  const from = form.querySelector<HTMLInputElement>("[data-from]");
  const to = form.querySelector<HTMLInputElement>("[data-to]");
  const mark = chart.querySelector<SVGRectElement>("[data-brush]");
  const help = form.querySelector<HTMLElement>("[data-brush-help]");
  if (!from || !to || !mark) return;
  if (help) help.hidden = false;
  chart.dataset.brushable = "";
  const first = Number(chart.dataset.first);
  const last = Number(chart.dataset.last);
  const step = chart.viewBox.baseVal.width / (last - first + 1);
  const yearAt = (x: number): number => {
    const box = chart.getBoundingClientRect();
    const part = Math.min(Math.max((x - box.left) / box.width, 0), 0.9999);
    return first + Math.floor(part * (last - first + 1));
  };
  let start = 0; // the year where drawing began; 0: nobody draws
  const show = (a: number, b: number): void => {
    mark.setAttribute("x", String((Math.min(a, b) - first) * step));
    mark.setAttribute("width", String((Math.abs(a - b) + 1) * step));
    from.value = String(Math.min(a, b));
    to.value = String(Math.max(a, b));
  };
  const before = { from: from.value, to: to.value };
  const cancel = (): void => {
    start = 0;
    mark.setAttribute("width", "0");
    [from.value, to.value] = [before.from, before.to];
  };
  chart.addEventListener("pointerdown", (e) => {
    if (e.button !== 0) return;
    e.preventDefault();
    chart.setPointerCapture(e.pointerId);
    start = yearAt(e.clientX);
    show(start, start);
  });
  chart.addEventListener("pointermove", (e) => {
    if (start) show(start, yearAt(e.clientX));
  });
  chart.addEventListener("pointerup", (e) => {
    if (!start) return;
    show(start, yearAt(e.clientX));
    start = 0;
    form.requestSubmit();
  });
  chart.addEventListener("pointercancel", cancel);
  addEventListener("keydown", (e) => {
    if (e.key === "Escape" && start) cancel();
  });
  chart.addEventListener("click", (e) => e.preventDefault()); // the years of the drawing hold, not the bar's own address
}
