"""`asyncio.gather` with httpx.AsyncClient.

It follows httpx's documentation: one client for all requests ("Opening and closing clients" in Async Support), and
`Limits` for the number of connections ("Resource Limits"). A request may wait for its turn as long as it takes, and
its timeout counts from there.
"""

import asyncio
import time

import httpx

from worker import Outcome, check, serve, unreachable


class Httpx:
    def __init__(self, concurrency, timeout):
        self.loop = asyncio.new_event_loop()
        limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
        self.client = httpx.AsyncClient(
            limits=limits, timeout=httpx.Timeout(timeout, pool=None), trust_env=False
        )

    async def fetch(self, request):
        try:
            response = await self.client.get(request.url)
            return check(response.status_code, response.text, request)
        except httpx.TimeoutException:
            return {"Err": "timeout"}
        except (httpx.RemoteProtocolError, httpx.ReadError):
            return {"Err": {"body": "truncated"}}
        except httpx.HTTPError as error:
            return unreachable(error)

    async def one(self, request):
        # As with aiohttp, its turn seems to come at once.
        started = time.monotonic_ns()
        result = await self.fetch(request)
        return Outcome(0, started, time.monotonic_ns(), result)

    async def all(self, requests):
        return await asyncio.gather(*(self.one(request) for request in requests))

    def run(self, requests):
        return self.loop.run_until_complete(self.all(requests))

    def close(self):
        self.loop.run_until_complete(self.client.aclose())
        self.loop.close()


if __name__ == "__main__":
    serve(Httpx)
