import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, type Handle, type Listener, type Options, type Socket } from "./protocol.ts";

/** Time that moves when told to. */
class Clock {
  private now = 0;
  private next = 1;
  private timers = new Map<number, { at: number; f: () => void }>();
  after = (ms: number, f: () => void): unknown => {
    this.timers.set(this.next, { at: this.now + ms, f });
    return this.next++;
  };
  cancel = (timer: unknown): void => {
    this.timers.delete(timer as number);
  };
  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const due = [...this.timers].filter(([, t]) => t.at <= until).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.now = due[1].at;
      due[1].f();
    }
    this.now = until;
  }
}

class Wire implements Socket {
  sent: Record<string, unknown>[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }
  close(): void {
    this.closed = true;
    this.onclose?.();
  }
  say(message: object | string): void {
    this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }
}

function setup(options: Partial<Options> = {}) {
  const clock = new Clock();
  const wires: Wire[] = [];
  const states: string[] = [];
  let unreachable = 0;
  const client = new Client({
    connect: () => {
      const w = new Wire();
      wires.push(w);
      return w;
    },
    connection: (s) => states.push(s),
    unreachable: () => unreachable++,
    after: clock.after,
    cancel: clock.cancel,
    random: () => 0.5,
    ...options,
  });
  return { clock, wires, states, client, unreachable: () => unreachable, wire: () => wires[wires.length - 1]! };
}

function recorder() {
  const log: string[] = [];
  const listener: Listener = {
    accepted: (a) => log.push(`accepted ${a.turn}`),
    progress: (s) => log.push(`progress ${s}`),
    citation: (c) => log.push(`citation ${c.n}`),
    sentence: (s) => log.push(`sentence ${s.index}`),
    done: () => log.push("done"),
    failed: (f) => log.push(`failed ${f.code}`),
  };
  return { log, listener };
}

const events = [
  { type: "accepted", turn: "t1", seq: 1, conversation: "c1" },
  { type: "progress", turn: "t1", seq: 2, stage: "searching" },
  { type: "citation", turn: "t1", seq: 3, n: 1 },
  { type: "sentence", turn: "t1", seq: 4, index: 0, text: "A", citations: [1] },
  { type: "sentence", turn: "t1", seq: 5, index: 1, text: "B", citations: [1] },
  { type: "done", turn: "t1", seq: 6, status: "answered" },
];
const whole = ["accepted t1", "progress searching", "citation 1", "sentence 0", "sentence 1", "done"];
const withId = (id: unknown) => events.map((e) => (e.type === "accepted" ? { ...e, id } : e));

test("an answer arrives in order", () => {
  const s = setup();
  const r = recorder();
  s.client.ask({ question: "q", conversation: "" }, r.listener);
  s.wire().onopen?.();
  assert.deepEqual(s.wire().sent.map((m) => m.type), ["ask"]);
  for (const e of withId(s.wire().sent[0]!.id)) s.wire().say(e);
  assert.deepEqual(r.log, whole);
  s.clock.pass(60_000);
  assert.equal(s.wires.length, 1, "nothing waits, so nothing reconnects");
});

test("cut after every message: nothing lost, doubled or out of order", () => {
  for (let cut = 0; cut <= events.length; cut++) {
    for (let replay = 0; replay <= cut; replay++) {
      const s = setup();
      const r = recorder();
      s.client.ask({ question: "q", conversation: "" }, r.listener);
      s.wire().onopen?.();
      const id = s.wire().sent[0]!.id;
      for (const e of withId(id).slice(0, cut)) s.wire().say(e);
      s.wire().close();
      s.clock.pass(10_000);
      if (cut < events.length) {
        assert.equal(s.wires.length, 2);
        s.wire().onopen?.();
        const [again] = s.wire().sent;
        if (cut === 0) {
          assert.equal(again!.type, "ask");
          assert.equal(again!.id, id, "the question keeps its name, so it can be recognised");
        } else {
          assert.deepEqual(again, { type: "resume", turn: "t1", after: cut });
        }
        // The server may send again what was seen.
        for (const e of withId(id).slice(cut === 0 ? 0 : cut - replay)) s.wire().say(e);
        assert.deepEqual(s.states, ["lost", "back"]);
      }
      assert.deepEqual(r.log, whole, `cut after ${cut}, ${replay} sent again`);
    }
  }
});

test("a gap is asked for again and not shown", () => {
  const s = setup();
  const r = recorder();
  s.client.ask({ question: "q", conversation: "" }, r.listener);
  s.wire().onopen?.();
  const all = withId(s.wire().sent[0]!.id);
  for (const i of [0, 1, 3]) s.wire().say(all[i]!);
  assert.deepEqual(r.log, whole.slice(0, 2));
  assert.deepEqual(s.wire().sent.at(-1), { type: "resume", turn: "t1", after: 2 });
  for (const e of all.slice(2)) s.wire().say(e);
  assert.deepEqual(r.log, whole);
});

test("half a message drops the connection and the turn resumes", () => {
  const s = setup();
  const r = recorder();
  s.client.ask({ question: "q", conversation: "" }, r.listener);
  s.wire().onopen?.();
  const all = withId(s.wire().sent[0]!.id);
  s.wire().say(all[0]!);
  s.wire().say(JSON.stringify(all[1]).slice(0, 20));
  assert.equal(s.wires[0]!.closed, true);
  s.wires[0]!.say(all[1]!); // too late: nobody listens to it any more
  s.clock.pass(1_000);
  s.wire().onopen?.();
  assert.deepEqual(s.wire().sent, [{ type: "resume", turn: "t1", after: 1 }]);
  for (const e of all.slice(1)) s.wire().say(e);
  assert.deepEqual(r.log, whole);
});

test("silence in a running turn counts as a lost connection", () => {
  const s = setup({ silence: 5_000 });
  const r = recorder();
  s.client.ask({ question: "q", conversation: "" }, r.listener);
  s.wire().onopen?.();
  const all = withId(s.wire().sent[0]!.id);
  s.wire().say(all[0]!);
  s.clock.pass(4_000);
  assert.equal(s.wires.length, 1);
  s.clock.pass(2_000);
  assert.equal(s.wires.length, 2);
  assert.equal(s.wires[0]!.closed, true);
});

test("a connection that does not open is given up and made again", () => {
  const s = setup({ silence: 5_000 });
  const r = recorder();
  s.client.ask({ question: "q", conversation: "" }, r.listener);
  s.clock.pass(6_000);
  assert.equal(s.wires.length, 2);
  assert.equal(s.wires[0]!.closed, true);
  s.wire().onopen?.();
  for (const e of withId(s.wire().sent[0]!.id)) s.wire().say(e);
  assert.deepEqual(r.log, whole);
});

test("stop is sent now, after acceptance, or after the connection is back", () => {
  const stops = (w: Wire) => w.sent.filter((m) => m.type === "stop");
  for (const when of ["before", "running", "lost"]) {
    const s = setup();
    const handle: Handle = s.client.ask({ question: "q", conversation: "" }, recorder().listener);
    s.wire().onopen?.();
    const accepted = withId(s.wire().sent[0]!.id)[0]!;
    if (when === "before") handle.stop();
    s.wire().say(accepted);
    if (when === "running") handle.stop();
    if (when === "lost") {
      s.wire().close();
      handle.stop();
      s.clock.pass(1_000);
      s.wire().onopen?.();
    }
    assert.deepEqual(stops(s.wire()), [{ type: "stop", turn: "t1" }], when);
  }
});

test("a refused question ends with what the server says", () => {
  for (const refusal of [
    (id: unknown) => ({ type: "error", turn: "", seq: 0, id, code: "rate_limited", message: "wacht", retry_after_s: 5 }),
    () => ({ type: "error", code: "rate_limited", message: "wacht" }),
  ]) {
    const s = setup();
    const r = recorder();
    s.client.ask({ question: "q", conversation: "" }, r.listener);
    s.wire().onopen?.();
    s.wire().say(refusal(s.wire().sent[0]!.id));
    assert.deepEqual(r.log, ["failed rate_limited"]);
  }
});

test("without any connection the caller is told once, after a few tries", () => {
  const s = setup({ attempts: 3 });
  const r = recorder();
  s.client.ask({ question: "q", conversation: "" }, r.listener);
  for (let i = 0; i < 3; i++) {
    s.wire().close();
    s.clock.pass(10_000);
  }
  assert.equal(s.wires.length, 3);
  assert.equal(s.unreachable(), 1);
  assert.deepEqual(r.log, []);
});

test("a lost connection is tried again ever more slowly, at once when hurried", () => {
  const s = setup();
  s.client.ask({ question: "q", conversation: "" }, recorder().listener);
  s.wire().onopen?.();
  s.wire().say(withId(s.wire().sent[0]!.id)[0]!);
  s.wire().close();
  for (let i = 0; i < 20; i++) {
    s.clock.pass(10_000);
    s.wire().close();
  }
  const tries = s.wires.length;
  assert.ok(tries > 15 && tries < 40, `${tries} tries in 200 seconds`);
  s.client.hurry();
  assert.equal(s.wires.length, tries + 1);
  assert.deepEqual(s.states, ["lost"], "said once");
});

test("two turns at once do not mix", () => {
  const s = setup();
  const a = recorder();
  const b = recorder();
  s.client.ask({ question: "a", conversation: "" }, a.listener);
  s.client.resume("t2", 3, b.listener);
  s.wire().onopen?.();
  assert.deepEqual(s.wire().sent[1], { type: "resume", turn: "t2", after: 3 });
  const all = withId(s.wire().sent[0]!.id);
  for (const e of all) {
    s.wire().say(e);
    s.wire().say({ ...e, turn: "t2" });
  }
  assert.deepEqual(a.log, whole);
  assert.deepEqual(b.log, whole.slice(3));
});
