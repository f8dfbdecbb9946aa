// The client of the websocket protocol vraagbaak.v1. It keeps every turn whole
// over lost connections: messages are numbered within a turn, so what was seen
// is dropped, what is missing is asked for again, and a turn ends once.

export const subprotocol = "vraagbaak.v1";

export interface DocumentRef {
  id: string;
  title: string;
  number: string;
  type: string;
  date: string;
}

export interface Citation {
  n: number;
  document: DocumentRef;
  page: number;
  page_label: string;
  heading: string;
  quote: string;
  start: number;
  end: number;
  url: string;
  /** What read the page: "ocr", "html" … */
  reader?: string;
  /** How sure OCR was, 0 to 100. */
  ocr_confidence?: number;
  /** What took the place of the document. */
  superseded_by?: DocumentRef;
}

export interface Sentence {
  index: number;
  text: string;
  citations: number[];
  /** Who says it, when it is somebody's view. */
  speaker?: string;
}

export interface Answer {
  id: string;
  conversation: string;
  question: string;
  lang: string;
  status: "answered" | "partial" | "no_answer" | "out_of_scope" | "refused" | "error";
  text: string;
  sentences: { text: string; citations: number[]; speaker?: string }[];
  divided?: boolean;
  citations: Citation[];
  model?: string;
  /** False for an answer that people wrote. */
  ai_generated?: boolean;
  /** What went otherwise than usual, in the answer's language. */
  notice?: string;
  stopped?: boolean;
  masked?: string[];
}

export interface Accepted {
  turn: string;
  conversation: string;
  question?: string;
  lang?: string;
  masked?: string[];
}

export type Stage = "searching" | "reading" | "writing";

export interface Failure {
  code: string;
  message: string;
  retry_after_s?: number;
}

/** What a turn reports, in order; done or failed comes last, exactly once. */
export interface Listener {
  accepted?(a: Accepted): void;
  progress?(stage: Stage): void;
  citation?(c: Citation): void;
  sentence?(s: Sentence): void;
  done(a: Answer): void;
  failed(f: Failure): void;
}

export interface Question {
  question: string;
  conversation: string;
  lang?: string;
}

/** The part of WebSocket the client uses. */
export interface Socket {
  send(data: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
}

export interface Options {
  connect: () => Socket;
  /** Told when the connection is lost while something waits for it, and when it is back. */
  connection?: (state: "lost" | "back") => void;
  /** Told once when no connection was ever made, after `attempts` tries: ask in another way. */
  unreachable?: () => void;
  attempts?: number;
  /** Milliseconds of silence in a running turn after which the connection counts as dead. */
  silence?: number;
  after?: (ms: number, f: () => void) => unknown;
  cancel?: (timer: unknown) => void;
  random?: () => number;
  /** A name for a question that nobody can guess: a question sent again under it is the same turn. */
  name?: () => string;
}

/** A random UUID; crypto.randomUUID is there with https only. */
function uuid(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const firstDelay = 300; // ms
const longestDelay = 10_000; // ms

interface Turn {
  clientId: string;
  ask: Question | null; // null for a turn that is resumed
  turn: string; // "" until accepted
  seq: number; // the last message that was handled
  stop: boolean;
  listener: Listener;
}

export interface Handle {
  /** Asks the server to stop; what was shown stays, and the turn ends as usual. */
  stop(): void;
}

export class Client {
  private socket: Socket | null = null;
  private open = false;
  private everOpen = false;
  private failures = 0;
  private retry: unknown = null;
  private watchdog: unknown = null;
  private lost = false;
  private turns: Turn[] = [];
  private readonly options: Required<Options>;

  constructor(options: Options) {
    this.options = {
      connection: () => {},
      unreachable: () => {},
      attempts: 3,
      silence: 25_000,
      after: (ms, f) => setTimeout(f, ms),
      cancel: (timer) => clearTimeout(timer as number),
      random: Math.random,
      name: uuid,
      ...options,
    };
  }

  /** Opens the connection before it is needed, so that a first answer is faster. */
  warm(): void {
    if (!this.socket && this.retry === null) this.connect();
  }

  ask(question: Question, listener: Listener): Handle {
    return this.begin({
      clientId: this.options.name(),
      ask: question,
      turn: "",
      seq: 0,
      stop: false,
      listener,
    });
  }

  resume(turn: string, after: number, listener: Listener): Handle {
    return this.begin({ clientId: "", ask: null, turn, seq: after, stop: false, listener });
  }

  /** Tries at once instead of waiting, for when the network says it is back. */
  hurry(): void {
    if (this.retry === null) return;
    this.options.cancel(this.retry);
    this.retry = null;
    this.connect();
  }

  private begin(turn: Turn): Handle {
    this.turns.push(turn);
    if (this.open) this.introduce(turn);
    else this.warm();
    this.watch();
    return {
      stop: () => {
        turn.stop = true;
        if (this.open && turn.turn) this.send({ type: "stop", turn: turn.turn });
      },
    };
  }

  private introduce(turn: Turn): void {
    if (turn.turn) {
      this.send({ type: "resume", turn: turn.turn, after: turn.seq });
      if (turn.stop) this.send({ type: "stop", turn: turn.turn });
    } else if (turn.ask) {
      const { question, conversation, lang } = turn.ask;
      this.send({ type: "ask", id: turn.clientId, question, conversation, ...(lang ? { lang } : {}) });
    }
  }

  private send(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }

  private connect(): void {
    let socket: Socket;
    try {
      socket = this.options.connect();
    } catch {
      this.closed(null);
      return;
    }
    this.socket = socket;
    socket.onopen = () => {
      if (this.socket !== socket) return;
      this.open = this.everOpen = true;
      if (this.lost) {
        this.lost = false;
        this.options.connection("back");
      }
      for (const turn of this.turns) this.introduce(turn);
      this.watch();
    };
    socket.onmessage = (event) => {
      if (this.socket === socket) this.receive(event.data);
    };
    socket.onclose = () => this.closed(socket);
    this.watch();
  }

  private closed(socket: Socket | null): void {
    if (socket && this.socket !== socket) return;
    this.socket = null;
    this.open = false;
    this.watch();
    if (this.turns.length === 0) return; // nothing waits: connect when something does
    this.failures++;
    if (!this.everOpen && this.failures >= this.options.attempts) {
      this.turns = [];
      this.failures = 0;
      this.options.unreachable();
      return;
    }
    if (!this.lost) {
      this.lost = true;
      this.options.connection("lost");
    }
    const delay = Math.min(longestDelay, firstDelay * 2 ** Math.min(this.failures - 1, 10));
    this.retry = this.options.after(delay * (0.5 + this.options.random() / 2), () => {
      this.retry = null;
      this.connect();
    });
  }

  /** Drops the connection, as it cannot be trusted, and makes a new one. */
  private distrust(): void {
    const socket = this.socket;
    if (!socket) return;
    this.closed(socket);
    try {
      socket.close();
    } catch {
      // It was closed already.
    }
  }

  private watch(): void {
    if (this.watchdog !== null) this.options.cancel(this.watchdog);
    this.watchdog = null;
    // A connection that never opens is dead too.
    if (!this.socket || this.turns.length === 0) return;
    this.watchdog = this.options.after(this.options.silence, () => {
      this.watchdog = null;
      this.distrust();
    });
  }

  private receive(data: unknown): void {
    this.watch();
    let m: Record<string, unknown>;
    try {
      m = JSON.parse(String(data)) as Record<string, unknown>;
    } catch {
      this.distrust(); // half a message: what follows cannot be trusted either
      return;
    }
    if (m === null || typeof m !== "object") return;
    const turn = this.find(m);
    if (!turn) return;
    this.failures = 0;

    const seq = typeof m.seq === "number" ? m.seq : 0;
    if (m.type === "error" && seq === 0) {
      // Not an event of the turn: the message that was sent is refused.
      this.end(turn, () => turn.listener.failed(m as unknown as Failure));
      return;
    }
    if (seq <= turn.seq) return; // seen before the connection was lost
    if (seq > turn.seq + 1 && !(m.type === "accepted" && turn.seq === 0)) {
      if (turn.turn) this.send({ type: "resume", turn: turn.turn, after: turn.seq });
      return;
    }
    turn.seq = seq;
    switch (m.type) {
      case "accepted":
        turn.turn = String(m.turn);
        turn.listener.accepted?.(m as unknown as Accepted);
        if (turn.stop) this.send({ type: "stop", turn: turn.turn });
        break;
      case "progress":
        turn.listener.progress?.(m.stage as Stage);
        break;
      case "citation":
        turn.listener.citation?.(m as unknown as Citation);
        break;
      case "sentence":
        turn.listener.sentence?.(m as unknown as Sentence);
        break;
      case "done":
        this.end(turn, () => turn.listener.done(m as unknown as Answer));
        break;
      case "error":
        this.end(turn, () => turn.listener.failed(m as unknown as Failure));
        break;
    }
  }

  private find(m: Record<string, unknown>): Turn | undefined {
    const known = this.turns.find((t) => t.turn !== "" && t.turn === m.turn);
    if (known) return known;
    const waiting = this.turns.filter((t) => t.turn === "");
    if (m.type === "accepted" || (m.type === "error" && m.id)) {
      return waiting.find((t) => t.clientId === m.id);
    }
    // A refusal that names nothing belongs to the only thing it can belong to.
    if (m.type === "error" && !m.turn && this.turns.length === 1) return this.turns[0];
    return undefined;
  }

  private end(turn: Turn, tell: () => void): void {
    this.turns = this.turns.filter((t) => t !== turn);
    this.watch();
    tell();
  }
}
