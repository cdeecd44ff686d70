"""The notebook's first way: one request after another, in one requests.Session."""

from with_requests import fetch, new_session
from worker import serve, timed


class Sequential:
    def __init__(self, _concurrency, timeout):
        self.session, self.timeout = new_session(), timeout

    def run(self, requests):
        return [timed(0, fetch, self.session, request, self.timeout) for request in requests]

    def close(self):
        self.session.close()


if __name__ == "__main__":
    serve(Sequential)
