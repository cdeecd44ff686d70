"""What the programs with `asyncio.gather` share: each makes all of its requests at once, in one event loop.

A subclass has a client with the limit, and `fetch`, which makes one request with it.
"""

import asyncio
import time

from worker import Outcome


class Gathering:
    def __init__(self):
        self.loop = asyncio.new_event_loop()

    async def one(self, request):
        # No client tells when a request gets its connection: its turn seems to come at once, on the one thread.
        started = time.monotonic_ns()
        result = await self.fetch(request)
        return Outcome(0, started, time.monotonic_ns(), result)

    async def all(self, requests):
        return await asyncio.gather(*(self.one(request) for request in requests))

    def run(self, requests):
        return self.loop.run_until_complete(self.all(requests))

    def close(self):
        self.loop.run_until_complete(self.close_client())
        self.loop.close()
