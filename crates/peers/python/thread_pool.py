"""The notebook's third way: a ThreadPoolExecutor with 20 threads, and `map`. All threads share one requests.Session.

On a free-threaded Python, the same program is the peer `python-free-threaded`.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import local

from with_requests import fetch, new_session
from worker import serve, timed


class ThreadPool:
    def __init__(self, concurrency, timeout):
        self.lanes, self.here = count(), local()
        self.executor = ThreadPoolExecutor(max_workers=concurrency, initializer=self.take_lane)
        self.session, self.timeout = new_session(), timeout

    def take_lane(self):
        self.here.lane = next(self.lanes)

    def one(self, request):
        return timed(self.here.lane, fetch, self.session, request, self.timeout)

    def run(self, requests):
        return list(self.executor.map(self.one, requests))

    def close(self):
        self.executor.shutdown()
        self.session.close()


if __name__ == "__main__":
    serve(ThreadPool)
