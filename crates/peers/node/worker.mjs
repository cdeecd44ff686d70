// What every Node peer needs to be a worker of fanout: the protocol (crates/worker/src/protocol.rs), the check of an
// answer, and the meter. The file of a peer has the concurrency, and gives it to `serve`.
//
//     node FILE STEP        STEP: how many nanoseconds the models' work takes for each time that it hashes
//
// A peer makes GET requests whose answer is a UUID, with or without work on it, and refuses others. No thread listens
// to the parent: the event loop does.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const VERSION = 4;

class Refused extends Error {}

/** Runs `fetchOne` for a request, and returns its outcome with its times. */
export async function timed(lane, fetchOne) {
  const started = performance.now();
  const result = await fetchOne();
  return { lane, started, finished: performance.now(), result };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The UUID in an answer, after the work on it, or the failure in the protocol's words. */
export function check(status, text, request) {
  if (status < 200 || status > 299) return { Err: { status } };
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return { Err: { body: "not-json" } };
  }
  if (typeof body !== "object" || body === null || !("uuid" in body)) return { Err: { body: "no-uuid" } };
  if (typeof body.uuid !== "string" || !UUID.test(body.uuid)) return { Err: { body: "not-uuid" } };
  work(text, request.work);
  return { Ok: body.uuid };
}

/** What a rejected `fetch` means, in the protocol's words. */
export function failure(error) {
  if (error.name === "TimeoutError") return { Err: "timeout" };
  const code = error.cause?.code ?? "";
  if (code === "UND_ERR_CONNECT_TIMEOUT") return { Err: "timeout" };
  if (code === "UND_ERR_SOCKET" || code === "ECONNRESET") return { Err: { body: "truncated" } };
  if (code.startsWith("HPE_")) return { Err: { body: "not-http" } };
  if (code === "UND_ERR_HEADERS_OVERFLOW") return { Err: { body: "head-too-long" } };
  const refused = code === "ECONNREFUSED" ? "the connection was refused: " : "";
  return { Err: { connect: refused + (error.cause?.message ?? error.message) } };
}

function work(data, times) {
  for (let i = 0; i < times; i++) data = createHash("sha256").update(data).digest();
}

let stepNs;

/** How often to hash with SHA-256, for the time that the models take for this many of their steps. */
function times(steps) {
  if (steps === 0) return 0;
  if (stepNs === undefined) {
    const tries = Array.from({ length: 5 }, () => {
      const begun = performance.now();
      work("calibration", 5_000);
      return ((performance.now() - begun) * 1e6) / 5_000;
    });
    stepNs = Math.min(...tries);
  }
  return Math.max(1, Math.round((steps * Number(process.argv[2])) / stepNs));
}

function requestsOf(run) {
  return run.requests.flatMap(({ url, times: repeated = 1, check: asked = {}, ...more }) => {
    const { work: steps = 0, content = "uuid", kept = "not", status = null } = asked;
    if (Object.keys(more).length > 0 || content !== "uuid" || kept !== "not" || status !== null) {
      throw new Refused("it makes GET requests for a UUID only");
    }
    return Array(repeated).fill({ url, work: times(steps) });
  });
}

/** Counts what this process uses from here on, in all of its threads. */
class Meter {
  constructor() {
    // From here on the peak of the memory counts anew (proc(5)).
    writeFileSync("/proc/self/clear_refs", "5");
    this.before = process.resourceUsage();
  }

  stop() {
    const [before, after] = [this.before, process.resourceUsage()];
    const status = readFileSync("/proc/self/status", "utf8");
    const field = (name) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)[1]);
    return {
      user_ns: 1000 * (after.userCPUTime - before.userCPUTime),
      system_ns: 1000 * (after.systemCPUTime - before.systemCPUTime),
      voluntary_switches: after.voluntaryContextSwitches - before.voluntaryContextSwitches,
      involuntary_switches: after.involuntaryContextSwitches - before.involuntaryContextSwitches,
      peak_memory: 1024 * field("VmHWM"),
      threads: field("Threads"),
    };
  }
}

const NOTHING = {
  user_ns: 0, system_ns: 0, voluntary_switches: 0, involuntary_switches: 0, peak_memory: 0, threads: 0,
};

function described(outcomes, start) {
  const ns = (at) => Math.max(0, Math.round(1e6 * (at - start)));
  return outcomes.map(({ lane, started, finished, result }) => ({
    lane, started_ns: ns(started), finished_ns: ns(finished), result,
  }));
}

function prepare(peer, { concurrency, timeout }) {
  return peer(concurrency, 1000 * timeout.secs + timeout.nanos / 1e6);
}

/**
 * Node compiles what runs often, while it runs: a request takes four times the processor time among the first
 * thousand that it takes after some thousands (measured with Node 20). What is prepared off the clock makes these
 * first, to a server of its own.
 */
async function warmUp(run) {
  const uuid = "00000000-0000-4000-8000-000000000000";
  const server = createServer((_, response) => response.end(JSON.stringify({ uuid })));
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const requests = Array(500).fill({ url: `http://127.0.0.1:${server.address().port}/`, work: 0 });
  for (let batch = 0; batch < 10; batch++) await run(requests);
  server.closeAllConnections();
  server.close();
}

function say(message) {
  process.stdout.write(JSON.stringify(message) + "\n");
}

/**
 * Answers the parent until it closes standard input. `peer(concurrency, timeout)` prepares, with the timeout in
 * milliseconds, and returns the function that makes requests and promises their outcomes.
 */
export async function serve(peer) {
  // Node loads `fetch` with its first use. This is what an import at the top is to a Python program.
  await fetch("data:,");
  say({ hello: { protocol: VERSION } });
  const lines = createInterface({ input: process.stdin });
  // The end of the input is the end of this process, also while requests are under way.
  lines.on("close", () => process.exit(0));
  let prepared;
  for await (const line of lines) {
    const [[kind, order]] = Object.entries(JSON.parse(line));
    try {
      if (kind === "prepare") {
        prepared = prepare(peer, order.settings);
        if (!process.env.PEER_IS_UNMEASURED) {
          await warmUp(prepare(peer, { ...order.settings, timeout: { secs: 30, nanos: 0 } }));
        }
        say("prepared");
        continue;
      }
      const requests = requestsOf(order);
      const [meter, start] = [new Meter(), performance.now()];
      // What is cold is prepared on the clock.
      const run = order.cold ? prepare(peer, order.cold.settings) : prepared;
      const outcomes = await run(requests);
      const wall_ns = Math.round(1e6 * (performance.now() - start));
      const [own, answer] = [meter.stop(), described(outcomes, start)];
      if (kind === "run") say({ outcomes: { outcomes: answer, usage: own } });
      else {
        // The parent takes one thread off, since a worker's listening thread is not its own. Node has none.
        own.threads += 1;
        say({ measured: { wall_ns, outcomes: answer, own, elsewhere: NOTHING } });
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      say({ refused: { reason: error.message } });
    }
  }
}
