// The floor: the same six steps with nothing in between but the DevTools protocol over a pipe. One headless shell,
// a fresh browser context for every case, no runner, no locators, no record. What a runner adds is measured from here.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { PEERS_BROWSER: binary, PEERS_URL: url } = process.env;
const [cases, slots] = [process.env.PEERS_CASES, process.env.PEERS_SLOTS].map(Number);

/** Commands to a browser that reads file descriptor 3 and writes file descriptor 4, NUL after each message. */
class Pipe {
  #write;
  #last = 0;
  #waiting = new Map();

  constructor(write, read) {
    this.#write = write;
    let rest = "";
    read.setEncoding("utf8");
    read.on("data", (chunk) => {
      const messages = (rest + chunk).split("\0");
      rest = messages.pop();
      for (const message of messages) this.#take(JSON.parse(message));
    });
  }

  #take(message) {
    if (!message.id) return;        // an event: nothing here waits for one
    const { done, failed } = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) failed(new Error(message.error.message));
    else done(message.result);
  }

  send(method, params = {}, sessionId = undefined) {
    return new Promise((done, failed) => {
      const id = ++this.#last;
      this.#waiting.set(id, { done, failed });
      this.#write.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }
}

const until = `(holds) => new Promise((done, failed) => {
  const look = () => { if (holds()) { watch.disconnect(); done(true); } };
  const watch = new MutationObserver(look);
  watch.observe(document, { childList: true, subtree: true, characterData: true });
  setTimeout(() => failed(new Error("too late")), 5000);
  look();
})`;

async function run(pipe, number) {
  const { browserContextId } = await pipe.send("Target.createBrowserContext");
  const { targetId } = await pipe.send("Target.createTarget", { url: "about:blank", browserContextId, width: 1280, height: 720 });
  const { sessionId } = await pipe.send("Target.attachToTarget", { targetId, flatten: true });
  const send = (method, params) => pipe.send(method, params, sessionId);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  const fill = async (selector, text) => {
    await evaluate(`document.querySelector("${selector}").focus()`);
    await send("Input.insertText", { text });
  };
  await send("Page.navigate", { url });
  await evaluate(`document.readyState === "complete" || new Promise((done) => addEventListener("load", () => done(true)))`);
  await fill("#user", `visitor ${number}`);
  await fill("#password", "lighthouse");
  const at = await evaluate(`(() => {
    const box = document.querySelector("button").getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  })()`);
  const mouse = { ...at, button: "left", clickCount: 1 };
  await send("Input.dispatchMouseEvent", { type: "mousePressed", ...mouse });
  await send("Input.dispatchMouseEvent", { type: "mouseReleased", ...mouse });
  await evaluate(`(${until})(() => document.querySelector("#greeting").textContent === "Welcome visitor ${number}")`);
  await evaluate(`(${until})(() => document.querySelectorAll("#visits li").length === 1)`);
  await pipe.send("Target.disposeBrowserContext", { browserContextId });
}

const profile = mkdtempSync(join(tmpdir(), "floor-"));
const browser = spawn(
  binary,
  ["--remote-debugging-pipe", "--no-sandbox", "--headless", "--no-first-run", `--user-data-dir=${profile}`],
  { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
);
const gone = new Promise((done) => browser.once("exit", done));
const pipe = new Pipe(browser.stdio[3], browser.stdio[4]);
let next = 1;
let passed = 0;
let failed = 0;

async function slot() {
  while (next <= cases) {
    const number = next++;
    try {
      await run(pipe, number);
      passed += 1;
    } catch (error) {
      failed += 1;
      console.error(`visitor ${number}: ${error.message}`);
    }
  }
}

await Promise.all(Array.from({ length: slots }, slot));
// It may be gone before it has answered.
await Promise.race([pipe.send("Browser.close").catch(() => {}), gone]);
await gone;
rmSync(profile, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
