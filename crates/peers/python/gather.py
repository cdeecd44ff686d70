"""The notebook's fourth way: `asyncio.gather` with aiohttp. Its connector lets 100 requests be in flight.

It follows aiohttp's documentation: one ClientSession for all requests ("Make a Request" in its Client Quickstart),
and a TCPConnector whose limit is the number in flight ("Limiting connection pool size" in its Advanced Client Usage).
"""

import asyncio
import time

import aiohttp

from worker import Outcome, check, serve, unreachable


class Gather:
    def __init__(self, concurrency, timeout):
        self.loop = asyncio.new_event_loop()
        self.session = self.loop.run_until_complete(self.open(concurrency, timeout))

    async def open(self, concurrency, timeout):
        connector = aiohttp.TCPConnector(limit=concurrency)
        return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=timeout))

    async def fetch(self, request):
        try:
            async with self.session.get(request.url, allow_redirects=False) as response:
                return check(response.status, await response.text(), request)
        except asyncio.TimeoutError:
            return {"Err": "timeout"}
        except aiohttp.ClientPayloadError:
            return {"Err": {"body": "truncated"}}
        except aiohttp.ClientError as error:
            return unreachable(error)

    async def one(self, request):
        # aiohttp does not tell when a request gets its connection: its turn seems to come at once, on the one thread.
        started = time.monotonic_ns()
        result = await self.fetch(request)
        return Outcome(0, started, time.monotonic_ns(), result)

    async def all(self, requests):
        return await asyncio.gather(*(self.one(request) for request in requests))

    def run(self, requests):
        return self.loop.run_until_complete(self.all(requests))

    def close(self):
        self.loop.run_until_complete(self.session.close())
        self.loop.close()


if __name__ == "__main__":
    serve(Gather)
