"""`asyncio.gather` with httpx.AsyncClient.

It follows httpx's documentation: one client for all requests ("Opening and closing clients" in Async Support), and
`Limits` for the number of connections, and for how long they stay open ("Resource Limits"). A request may wait for
its turn as long as it takes. The timeout is that of each read, as httpx has none for a whole request.
"""

import httpx

from gathering import Gathering
from worker import check, serve, unreachable


class Httpx(Gathering):
    def __init__(self, concurrency, timeout):
        super().__init__(concurrency)
        limits = httpx.Limits(
            max_connections=concurrency, max_keepalive_connections=concurrency, keepalive_expiry=None
        )
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

    async def close_client(self):
        await self.client.aclose()


if __name__ == "__main__":
    serve(Httpx)
