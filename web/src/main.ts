// Makes the conversation live. Without this script every form and link of the
// page works by itself; with it answers arrive sentence by sentence.
import { addAfter, copyAnswers, offerCopy, sendFeedback, sharing, wipe } from "./after.ts";
import { part, prefix, reveal, words } from "./dom.ts";
import { evidence } from "./evidence.ts";
import { filter } from "./filter.ts";
import { Panel } from "./panel.ts";
import { Client, subprotocol, type Handle, type Listener, type Socket } from "./protocol.ts";
import { research } from "./research.ts";
import { Tip } from "./tip.ts";
import { TurnView } from "./turn.ts";

/** The conversation that has no address yet, for the moment that this takes. */
const unkept = {
  get: (): string => {
    try {
      return sessionStorage.getItem("gesprek") ?? "";
    } catch {
      return ""; // not allowed here
    }
  },
  set: (id: string): void => {
    try {
      sessionStorage.setItem("gesprek", id);
    } catch {
      // Then a refresh at this very moment loses it.
    }
  },
  clear: (): void => {
    try {
      sessionStorage.removeItem("gesprek");
    } catch {
      // There is nothing.
    }
  },
};

/** Has the server show a conversation to this browser; its address, or "" when it is gone. */
async function claim(id: string): Promise<string> {
  for (let wait = 500; wait < 60_000; wait *= 2) {
    try {
      const response = await fetch(`${prefix}/gesprek`, {
        method: "POST",
        body: new URLSearchParams({ conversation: id }),
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(10_000),
      });
      return response.ok ? ((await response.json()) as { address: string }).address : "";
    } catch {
      await new Promise((done) => setTimeout(done, wait));
    }
  }
  return "";
}

function start(chat: HTMLElement): void {
  const say = words();
  const log = part(chat, "log");
  const status = part(chat, "status");
  const form = part<HTMLFormElement>(chat, "composer");
  const input = form.querySelector<HTMLTextAreaElement>("textarea")!;
  const conversation = form.querySelector<HTMLInputElement>("[name=conversation]")!;
  const send = part<HTMLButtonElement>(form, "send");
  const stop = part<HTMLButtonElement>(form, "stop");
  const error = form.querySelector<HTMLElement>("#question-error")!;
  const connection = part(chat, "connection");
  const panel = new Panel(part<HTMLDialogElement>(chat, "panel"), say);
  let running: Handle | null = null;
  let shown = location.pathname; // the conversation that is on the page
  let asked = "";
  let native = false; // the browser sends the form itself
  const widget = document.body.classList.contains("vb-page--widget"); // in a frame of another website
  const tip = new Tip(chat, log);

  const client = new Client({
    connect: () => {
      const url = new URL("/ws", location.href);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      return new WebSocket(url, subprotocol) as Socket;
    },
    connection: (state) => {
      connection.hidden = state === "back";
      part(connection, "connection-text").textContent = say("lost");
      status.textContent = say(state);
    },
    unreachable: () => {
      connection.hidden = true;
      if (log.querySelector("[data-state=pending]:not([data-turn=''])")) {
        location.reload(); // the page itself knows how far the answer is
        return;
      }
      if (widget) { // other pages are not shown in a frame
        input.value = asked;
        busy(null);
        log.lastElementChild?.remove();
        refuse(say("unreachable"));
        return;
      }
      native = true; // no websocket gets through here: the form does
      input.value = asked;
      form.requestSubmit();
    },
  });

  /** Lets this browser, and no other, see the conversation at its address, and goes there. */
  let kept = Promise.resolve();
  const remember = (id: string): Promise<void> =>
    (kept = kept.then(async () => {
      unkept.set(id);
      const address = await claim(id);
      setTimeout(unkept.clear, 2000); // a refresh that began before this comes to the old address
      if (!address || conversation.value !== id || address === location.pathname) return;
      history.pushState(null, "", address);
      shown = location.pathname;
      document.title = say("title");
    }));
  // The page was refreshed before it had an address: go there now.
  const [how] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  const left = widget || conversation.value || how?.type !== "reload" ? "" : unkept.get();
  if (left) {
    void claim(left).then((address) => {
      unkept.clear();
      if (address && !conversation.value) location.replace(address);
    });
  }

  const announce = (text: string): void => {
    status.textContent = text;
  };

  const busy = (handle: Handle | null): void => {
    const hadFocus = document.activeElement === stop;
    running = handle;
    send.hidden = handle !== null;
    stop.hidden = handle === null;
    if (hadFocus && handle === null) input.focus();
  };

  const listen = (view: TurnView): Listener => ({
    accepted: (a) => {
      view.accepted(a.turn, a.question, a.lang, a.masked);
      conversation.value = a.conversation;
      const bar = part(chat, "bar");
      bar.querySelectorAll<HTMLInputElement>("[name=conversation]").forEach((field) => (field.value = a.conversation));
      bar.hidden = false;
      if (!widget) void remember(a.conversation);
    },
    progress: (stage) => {
      view.stage(stage);
      announce(say(stage));
    },
    citation: (c) => view.citation(c),
    sentence: (s) => {
      view.sentence(s);
      announce("");
    },
    done: (a) => {
      view.done(a);
      busy(null);
      void addAfter(view.element, conversation.value);
      announce(a.citations.length ? say("done", { count: a.citations.length }) : say("ended"));
    },
    failed: (f) => {
      view.failed(f);
      busy(null);
      if (!input.value) {
        input.value = view.question; // it need not be typed again
        grow();
      }
      if (f.code === "not_found") conversation.value = "";
      else void addAfter(view.element, conversation.value);
      announce(f.message || say("failed"));
    },
  });

  const refuse = (message: string): void => {
    error.textContent = message;
    error.hidden = message === "";
    if (message === "") {
      input.removeAttribute("aria-invalid");
      input.setAttribute("aria-describedby", "question-help");
      return;
    }
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", "question-error question-help");
    input.focus();
  };

  const ask = (question: string): void => {
    asked = question;
    document.querySelectorAll<HTMLElement>("[data-intro]").forEach((e) => (e.hidden = true));
    document.body.classList.replace("vb-page--home", "vb-page--talk");
    tip.hide();
    const title = chat.querySelector<HTMLElement>("[data-conversation-title]");
    if (title) title.hidden = false;
    form.querySelector("label")!.textContent = say("label_next");
    const view = new TurnView(say, question);
    log.append(view.element);
    busy(client.ask({ question, conversation: conversation.value }, listen(view)));
    input.value = "";
    grow();
    reveal(view.element, "start");
  };

  const grow = (): void => {
    input.rows = log.childElementCount > 0 ? 1 : 2;
    if (!input.value) return;
    while (input.rows < 8 && input.scrollHeight > input.clientHeight) input.rows++;
  };

  form.addEventListener("submit", (e) => {
    if (native) return;
    e.preventDefault();
    if (running) {
      announce(say("wait"));
      return;
    }
    const question = input.value.trim();
    const max = Number(input.dataset.max);
    const count = [...question].length;
    if (question === "") refuse(say("empty"));
    else if (count > max) refuse(say("too_long", { max, count }));
    else {
      refuse("");
      ask(question);
    }
  });
  input.addEventListener("input", () => {
    grow();
    if (!error.hidden) refuse("");
  });
  input.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    form.requestSubmit();
  });
  input.addEventListener("focus", () => client.warm(), { once: true });
  stop.addEventListener("click", () => running?.stop());

  document.addEventListener("submit", (e) => {
    if (!(e.target as Element).matches("[data-ask]") || native) return;
    const button = (e as SubmitEvent).submitter as HTMLButtonElement | null;
    if (!button) return;
    e.preventDefault();
    if (running) {
      announce(say("wait"));
      return;
    }
    ask(button.value);
    input.focus({ preventScroll: true });
  });
  copyAnswers(log, say, announce);
  offerCopy(log);
  sendFeedback(log, say);
  sharing(chat, say, announce);
  wipe(part<HTMLFormElement>(chat, "wipe"), say, widget ? location.pathname : `${prefix}/`);

  log.addEventListener("click", (e) => {
    const link = (e.target as Element).closest<HTMLAnchorElement>("a[data-cite]");
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
    e.preventDefault();
    panel.open(link);
  });

  // Answers that were being made when this page was loaded go on.
  for (const element of log.querySelectorAll<HTMLElement>("[data-state=pending]")) {
    const view = new TurnView(say, "", element);
    busy(client.resume(element.dataset.turn ?? "", 0, listen(view)));
  }

  addEventListener("popstate", () => {
    if (location.pathname !== shown) location.reload(); // not for a jump within the page
  });
  addEventListener("online", () => client.hurry());
  part(form, "keys").hidden = false;
  document.documentElement.dataset.live = "";
}

evidence();
research();
const chat = document.querySelector<HTMLElement>("[data-chat]");
if (chat) start(chat);
const search = document.querySelector<HTMLFormElement>("[data-filter]");
if (search) filter(search);
