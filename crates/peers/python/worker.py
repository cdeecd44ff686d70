"""What every Python peer needs to be a worker of fanout: the protocol (crates/worker/src/protocol.rs), the check of
an answer, and the meter. The file of a peer has a class with the concurrency, and gives it to `serve`.

    python3 FILE STEP        STEP: how many nanoseconds the models' work takes for each time that it hashes

A peer makes GET requests whose answer is a UUID, with or without work on it, and refuses others. UUIDs are returned,
not printed: printing on the clock measures the terminal.
"""

import hashlib
import json
import os
import queue
import resource
import sys
import threading
import time
import uuid
from dataclasses import dataclass

VERSION = 4

# Threads that are not a peer's own: the one that listens to the parent.
LISTENERS = 1


@dataclass(frozen=True, slots=True)
class Request:
    url: str
    # How often the answer is hashed, to keep the processor busy.
    work: int


@dataclass(slots=True)
class Outcome:
    lane: int
    started: int
    finished: int
    result: dict


class Refused(Exception):
    """What was asked for is not what a peer does."""


def timed(lane, fetch, *arguments):
    """The outcome of a call that fetches, with its times."""
    started = time.monotonic_ns()
    result = fetch(*arguments)
    return Outcome(lane, started, time.monotonic_ns(), result)


def check(status, text, request):
    """The UUID in an answer, after the work on it, or the failure in the protocol's words."""
    if not 200 <= status < 300:
        return {"Err": {"status": status}}
    try:
        body = json.loads(text)
    except ValueError:
        return {"Err": {"body": "not-json"}}
    if not isinstance(body, dict) or "uuid" not in body:
        return {"Err": {"body": "no-uuid"}}
    try:
        found = str(uuid.UUID(body["uuid"]))
    except (ValueError, AttributeError, TypeError):
        return {"Err": {"body": "not-uuid"}}
    work(text.encode(), request.work)
    return {"Ok": found}


def unreachable(error):
    """The failure of a request that found no connection. Not every library's error says itself why."""
    cause = error
    while cause is not None and not isinstance(cause, ConnectionRefusedError):
        cause = cause.__cause__ or cause.__context__
    refused = "" if cause is None else "the connection was refused: "
    return {"Err": {"connect": f"{refused}{error}"}}


def work(data, times):
    for _ in range(times):
        data = hashlib.sha256(data).digest()


_step_ns = None


def times(steps):
    """How often to hash with SHA-256, for the time that the models take for this many of their steps."""
    global _step_ns
    if steps == 0:
        return 0
    if _step_ns is None:
        tries, n = [], 5_000
        for _ in range(5):
            begun = time.monotonic_ns()
            work(b"calibration", n)
            tries.append((time.monotonic_ns() - begun) / n)
        _step_ns = min(tries)
    return max(1, round(steps * float(sys.argv[1]) / _step_ns))


def requests_of(run):
    requests = []
    for described in run["requests"]:
        described = dict(described)
        url, repeated = described.pop("url"), described.pop("times", 1)
        asked = {name: value for name, value in described.pop("check", {}).items() if value is not None}
        steps = asked.pop("work", 0)
        if described or asked.pop("content", "uuid") != "uuid" or asked.pop("kept", "not") != "not" or asked:
            raise Refused("it makes GET requests for a UUID only")
        requests += [Request(url, times(steps))] * repeated
    return requests


def usage():
    """[user s, system s, voluntary switches, involuntary switches] of this process and of children that it reaped."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return [sum(getattr(one, name) for one in both) for name in ("ru_utime", "ru_stime", "ru_nvcsw", "ru_nivcsw")]


def status_of(process):
    """The fields of a process's status (proc(5))."""
    with open(f"/proc/{process}/status") as status:
        return dict(line.split(":", 1) for line in status)


def forget_peak(process):
    """From here on the peak of a process's memory counts anew (proc(5))."""
    with open(f"/proc/{process}/clear_refs", "w") as clear_refs:
        clear_refs.write("5")


def holds(process):
    """[peak resident bytes, threads] of a process."""
    fields = status_of(process)
    return [int(fields["VmHWM"].split()[0]) * 1024, int(fields["Threads"])]


def spent_by(process):
    """[processor time in ns, voluntary switches, involuntary switches] of a child, which has one thread."""
    fields = status_of(process)
    with open(f"/proc/{process}/schedstat") as schedstat:
        return [int(schedstat.read().split()[0])] + [
            int(fields[name]) for name in ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
        ]


class Meter:
    """Counts what this process uses from here on, and what the children use that there are already."""

    def __init__(self, children):
        self.children = {child: spent_by(child) for child in children}
        for process in ["self", *children]:
            forget_peak(process)
        self.before = usage()

    def own(self):
        user, system, voluntary, involuntary = (
            after - before for after, before in zip(usage(), self.before)
        )
        memory, threads = holds("self")
        return counted(round(user * 1e9), round(system * 1e9), voluntary, involuntary, memory, threads)

    def elsewhere(self, children):
        spent = [0, 0, 0]
        for child, before in self.children.items():
            spent = [sum_ + after - earlier for sum_, after, earlier in zip(spent, spent_by(child), before)]
        memory, threads = (sum(column) for column in zip([0, 0], *(holds(child) for child in children)))
        return counted(spent[0], 0, spent[1], spent[2], memory, threads)


def counted(user_ns, system_ns, voluntary, involuntary, memory, threads):
    return {
        "user_ns": user_ns,
        "system_ns": system_ns,
        "voluntary_switches": voluntary,
        "involuntary_switches": involuntary,
        "peak_memory": memory,
        "threads": threads,
    }


def described(outcomes, start):
    return [
        {
            "lane": outcome.lane,
            "started_ns": outcome.started - start,
            "finished_ns": outcome.finished - start,
            "result": outcome.result,
        }
        for outcome in outcomes
    ]


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def listen():
    """The lines of standard input; its end is the end of this process, also in mid-request."""
    lines = queue.SimpleQueue()

    def read_all():
        # Not sys.stdin: a child of a Pool closes it at once, and would wait for the thread that was reading it at the
        # fork.
        with open(os.dup(0), "rb", buffering=0) as stdin:
            rest = b""
            while chunk := stdin.read(1 << 16):
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    lines.put(line)
        os._exit(0)

    threading.Thread(target=read_all, daemon=True).start()
    return lines


def prepare(peer, settings):
    timeout = settings["timeout"]["secs"] + settings["timeout"]["nanos"] / 1e9
    return peer(settings["concurrency"], timeout)


def in_turns(prepared, outcomes):
    return prepared.in_turns(outcomes) if hasattr(prepared, "in_turns") else outcomes


def children_of(prepared):
    return prepared.children() if hasattr(prepared, "children") else []


def run(prepared, order):
    requests = requests_of(order)
    meter, start = Meter(children_of(prepared)), time.monotonic_ns()
    outcomes = prepared.run(requests)
    spent, more = meter.own(), meter.elsewhere(children_of(prepared))
    both = {name: spent[name] + more[name] for name in spent}
    both["threads"] -= LISTENERS
    return {"outcomes": {"outcomes": described(in_turns(prepared, outcomes), start), "usage": both}}


def measure(peer, prepared, order):
    """The same on a clock of its own. What is cold is prepared and ended on the clock."""
    requests, cold = requests_of(order), order["cold"]
    meter, start = Meter([] if cold else children_of(prepared)), time.monotonic_ns()
    if cold:
        prepared = prepare(peer, cold["settings"])
    outcomes = prepared.run(requests)
    if cold:
        # They are reaped on the clock, which makes their processor time this process's own.
        more = meter.elsewhere(children_of(prepared))
        prepared.close()
    wall = time.monotonic_ns() - start
    own = meter.own()
    if not cold:
        more = meter.elsewhere(children_of(prepared))
    outcomes = described(in_turns(prepared, outcomes), start)
    return {"measured": {"wall_ns": wall, "outcomes": outcomes, "own": own, "elsewhere": more}}


def serve(peer):
    """Answers the parent until it closes standard input. `peer(concurrency, timeout)` prepares; its `run` makes
    requests and returns outcomes, its `close` ends everything, `children` are the processes that it started, and
    `in_turns` corrects the lanes and the starting times of outcomes, for a client that does not tell them."""
    say({"hello": {"protocol": VERSION}})
    prepared, lines = None, listen()
    while True:
        (kind, order), = json.loads(lines.get()).items()
        try:
            if kind == "prepare":
                prepared = prepare(peer, order["settings"])
                say("prepared")
            elif kind == "run":
                say(run(prepared, order))
            else:
                say(measure(peer, prepared, order))
        except Refused as why:
            say({"refused": {"reason": str(why)}})
