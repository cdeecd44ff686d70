"""The notebook's four ways to fetch, as a worker of fanout (the protocol is in crates/worker/src/protocol.rs).

    python3 notebook.py SYSTEM        sequential | process-pool | thread-pool | asyncio

Each keeps what the notebook did: one requests.Session, a Pool of a process a core, 20 threads, aiohttp's gather. Two
things differ. UUIDs are returned, not printed: printing on the clock measures the terminal. And asyncio runs.
"""

import asyncio
import ctypes
import json
import os
import queue
import resource
import signal
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from multiprocessing import Pool, active_children, current_process
from threading import local

import aiohttp
import requests

VERSION = 2

# Threads that are not a system's own: the one that listens to the parent.
LISTENERS = 1


def outcome(lane, start, started, result):
    return {
        "lane": lane,
        "started_ns": started - start,
        "finished_ns": time.monotonic_ns() - start,
        "result": result,
    }


def read(status, text):
    """The UUID in an answer, or the failure in the protocol's words."""
    if not 200 <= status < 300:
        return {"Err": {"status": status}}
    try:
        body = json.loads(text)
    except ValueError:
        return {"Err": {"body": "not-json"}}
    if not isinstance(body, dict) or "uuid" not in body:
        return {"Err": {"body": "no-uuid"}}
    try:
        return {"Ok": str(uuid.UUID(body["uuid"]))}
    except (ValueError, AttributeError, TypeError):
        return {"Err": {"body": "not-uuid"}}


def fetch(session, url, timeout):
    try:
        with session.get(url, timeout=timeout, allow_redirects=False) as response:
            return read(response.status_code, response.text)
    except requests.exceptions.Timeout:
        return {"Err": "timeout"}
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
        return {"Err": {"body": "truncated"}}
    except requests.exceptions.RequestException as error:
        return {"Err": {"connect": str(error)}}


def new_session():
    session = requests.Session()
    session.trust_env = False
    return session


class Sequential:
    def __init__(self, _concurrency, timeout):
        self.session, self.timeout = new_session(), timeout

    def run(self, urls, start):
        def one(url):
            started = time.monotonic_ns()
            return outcome(0, start, started, fetch(self.session, url, self.timeout))

        return [one(url) for url in urls]


def pooled(argument):
    """In a child of the Pool. The session came pickled, without its connections, as the notebook sent it."""
    session, url, timeout, start = argument
    before, started = usage(), time.monotonic_ns()
    lane = current_process()._identity[-1] - 1
    done = outcome(lane, start, started, fetch(session, url, timeout))
    return done, [after - earlier for after, earlier in zip(usage(), before)]


def end_with_parent():
    """In a child of the Pool: it would outlive a parent that is killed (PR_SET_PDEATHSIG is 1, prctl(2))."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class ProcessPool:
    def __init__(self, concurrency, timeout):
        self.pool = Pool(concurrency, initializer=end_with_parent)
        self.session, self.timeout = new_session(), timeout

    def run(self, urls, start):
        for child in active_children():
            forget_peak(child.pid)
        done = self.pool.map(pooled, [(self.session, url, self.timeout, start) for url in urls])
        self.spent = [sum(spent[i] for _, spent in done) for i in range(4)]
        self.holds = [sum(both) for both in zip(*(holds(child.pid) for child in active_children()))]
        return [outcome for outcome, _ in done]


class Threads:
    def __init__(self, concurrency, timeout):
        self.executor = ThreadPoolExecutor(max_workers=concurrency)
        self.session, self.timeout = new_session(), timeout
        self.lanes, self.here = count(), local()

    def run(self, urls, start):
        def one(url):
            if not hasattr(self.here, "lane"):
                self.here.lane = next(self.lanes)
            started = time.monotonic_ns()
            return outcome(self.here.lane, start, started, fetch(self.session, url, self.timeout))

        return list(self.executor.map(one, urls))


class Asyncio:
    def __init__(self, concurrency, timeout):
        self.loop, self.concurrency, self.timeout = asyncio.new_event_loop(), concurrency, timeout
        self.session = self.loop.run_until_complete(self.open())

    async def open(self):
        connector = aiohttp.TCPConnector(limit=self.concurrency)
        return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=self.timeout))

    async def fetch(self, url):
        try:
            async with self.session.get(url, allow_redirects=False) as response:
                return read(response.status, await response.text())
        except asyncio.TimeoutError:
            return {"Err": "timeout"}
        except aiohttp.ClientPayloadError:
            return {"Err": {"body": "truncated"}}
        except aiohttp.ClientError as error:
            return {"Err": {"connect": str(error)}}

    async def one(self, url, start):
        # aiohttp does not tell when a request gets its connection: its turn seems to come at once, on the one thread.
        started = time.monotonic_ns()
        return outcome(0, start, started, await self.fetch(url))

    def run(self, urls, start):
        async def gather():
            return await asyncio.gather(*(self.one(url, start) for url in urls))

        return list(self.loop.run_until_complete(gather()))


SYSTEMS = {"sequential": Sequential, "process-pool": ProcessPool, "thread-pool": Threads, "asyncio": Asyncio}


def usage():
    """[user s, system s, voluntary switches, involuntary switches] of this process and its reaped children."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return [sum(getattr(one, name) for one in both) for name in ("ru_utime", "ru_stime", "ru_nvcsw", "ru_nivcsw")]


def forget_peak(process):
    """From here on the peak of a process's memory counts anew (proc(5))."""
    with open(f"/proc/{process}/clear_refs", "w") as clear_refs:
        clear_refs.write("5")


def holds(process):
    """[peak resident bytes, threads] of a process (proc(5))."""
    with open(f"/proc/{process}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return [int(fields["VmHWM"].split()[0]) * 1024, int(fields["Threads"])]


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def listen():
    """The lines of standard input; its end is the end of this process, also in mid-request."""
    lines = queue.SimpleQueue()

    def read_all():
        # Not sys.stdin: a child of the Pool closes it at once, and would wait for the thread that was reading it at
        # the fork.
        with open(os.dup(0), "rb", buffering=0) as stdin:
            rest = b""
            while chunk := stdin.read(1 << 16):
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    lines.put(line)
        os._exit(0)

    threading.Thread(target=read_all, daemon=True).start()
    return lines


def main():
    system = SYSTEMS[sys.argv[1]]
    say({"hello": {"protocol": VERSION}})
    prepared = None
    lines = listen()
    while True:
        message = json.loads(lines.get())
        if "prepare" in message:
            settings = message["prepare"]["settings"]
            timeout = settings["timeout"]["secs"] + settings["timeout"]["nanos"] / 1e9
            prepared = system(settings["concurrency"], timeout)
            say("prepared")
        else:
            forget_peak("self")
            before, start = usage(), time.monotonic_ns()
            outcomes = prepared.run(message["run"]["urls"], start)
            elsewhere = getattr(prepared, "spent", [0, 0, 0, 0])
            spent = [after - earlier + more for after, earlier, more in zip(usage(), before, elsewhere)]
            held = [own + more for own, more in zip(holds("self"), getattr(prepared, "holds", [0, 0]))]
            say({"outcomes": {"outcomes": outcomes, "usage": {
                "user_ns": round(spent[0] * 1e9),
                "system_ns": round(spent[1] * 1e9),
                "voluntary_switches": spent[2],
                "involuntary_switches": spent[3],
                "peak_memory": held[0],
                "threads": held[1] - LISTENERS,
            }}})


if __name__ == "__main__":
    main()
