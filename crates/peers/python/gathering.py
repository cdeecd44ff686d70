"""What the programs with `asyncio.gather` share: each makes all of its requests at once, in one event loop.

A subclass has a client with the limit, and `fetch`, which makes one request with it.
"""

import asyncio
import time

from worker import Outcome


class Gathering:
    def __init__(self, concurrency):
        self.loop, self.concurrency = asyncio.new_event_loop(), concurrency

    async def one(self, request):
        started = time.monotonic_ns()
        result = await self.fetch(request)
        return Outcome(0, started, time.monotonic_ns(), result)

    async def all(self, requests):
        return await asyncio.gather(*(self.one(request) for request in requests))

    def run(self, requests):
        return self.loop.run_until_complete(self.all(requests))

    def in_turns(self, outcomes):
        """Finds the lanes, off the clock. No client tells when a request gets its connection, but aiohttp and httpx
        hand them on in the order of the requests: a request that waits has its turn as soon as another one ends."""
        ended = sorted(range(len(outcomes)), key=lambda place: outcomes[place].finished)
        for place, outcome in enumerate(outcomes):
            if place < self.concurrency:
                outcome.lane = place
            else:
                before = outcomes[ended[place - self.concurrency]]
                outcome.lane, outcome.started = before.lane, min(before.finished, outcome.finished)
        return outcomes

    def close(self):
        self.loop.run_until_complete(self.close_client())
        self.loop.close()
