// The list of documents follows what is being read; without this script a reload does.

const most = 400; // looks of one visit: at three seconds each, twenty minutes

async function follow(section: HTMLElement, looks: number): Promise<void> {
  const seconds = Number(section.dataset.refresh);
  if (!seconds || looks >= most) return;
  await new Promise((done) => setTimeout(done, seconds * 1000));
  if (document.hidden) return follow(section, looks + 1);
  try {
    const response = await fetch(location.pathname, { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector<HTMLElement>("section[data-refresh]");
    if (!fresh) return;
    section.replaceWith(fresh); // our own page, parsed without running anything of it
    return follow(fresh, looks + 1);
  } catch {
    return follow(section, looks + 1);
  }
}

/** Keeps the progress of ingests true. */
export function editor(): void {
  const section = document.querySelector<HTMLElement>("section[data-refresh]");
  if (section) void follow(section, 0);
}
