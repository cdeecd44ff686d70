"""The notebook's fourth way: `asyncio.gather` with aiohttp. Its connector lets 100 requests be in flight.

It follows aiohttp's documentation: one ClientSession for all requests ("Make a Request" in its Client Quickstart),
and a TCPConnector whose limit is the number in flight ("Limiting connection pool size" in its Advanced Client Usage).
"""

import asyncio

import aiohttp

from gathering import Gathering
from worker import check, serve, unreachable


# For how many seconds a connection stays open without a request. A round in which slow peers take part has longer
# pauses than the 15 seconds that are the default.
KEPT = 90


class Gather(Gathering):
    def __init__(self, concurrency, timeout):
        super().__init__(concurrency)
        self.session = self.loop.run_until_complete(self.open(concurrency, timeout))

    async def open(self, concurrency, timeout):
        connector = aiohttp.TCPConnector(limit=concurrency, keepalive_timeout=KEPT)
        return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=timeout))

    async def fetch(self, request):
        try:
            async with self.session.get(request.url, allow_redirects=False) as response:
                return check(response.status, await response.text(errors="replace"), request)
        except asyncio.TimeoutError:
            return {"Err": "timeout"}
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError):
            return {"Err": {"body": "truncated"}}
        except aiohttp.ClientError as error:
            return unreachable(error)

    async def close_client(self):
        await self.session.close()


if __name__ == "__main__":
    serve(Gather)
