// Asks many questions over a network that breaks, with the client of the website, and
// prints what its listeners heard: one line of JSON per question.
import { Client, subprotocol, type Socket } from "../src/protocol.ts";

const [url, runs, together] = process.argv.slice(2);
if (!url || !runs || !together) throw new Error("usage: interrupted.mjs URL RUNS TOGETHER");

function run(n: number): Promise<void> {
  const heard: unknown[] = [];
  let connections = 0;
  return new Promise((resolve) => {
    const end = (): void => {
      console.log(JSON.stringify({ n, connections, heard }));
      resolve();
    };
    const client = new Client({
      connect: () => {
        connections++;
        return new WebSocket(url!, subprotocol) as unknown as Socket;
      },
      after: (ms, f) => setTimeout(f, ms / 20), // a quicker clock: 200 questions in seconds
      cancel: (timer) => clearTimeout(timer as NodeJS.Timeout),
      attempts: 1000,
      silence: 20_000,
    });
    client.ask(
      { question: `Lang: vraag ${n}`, conversation: "", lang: "nl" },
      {
        accepted: (a) => heard.push(["accepted", a.question]),
        citation: (c) => heard.push(["citation", c.n]),
        sentence: (s) => heard.push(["sentence", s.index, s.text, s.citations]),
        done: (a) => {
          heard.push(["done", a.sentences.map((s) => s.text)]);
          end();
        },
        failed: (f) => {
          heard.push(["failed", f.code, f.message]);
          end();
        },
      },
    );
  });
}

let next = 0;
const work = async (): Promise<void> => {
  for (let n = next++; n < Number(runs); n = next++) await run(n);
};
await Promise.all(Array.from({ length: Number(together) }, work));
process.exit(0); // connections that nothing waits for need not be closed in turn
