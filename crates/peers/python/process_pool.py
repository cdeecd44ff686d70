"""The notebook's second way: a multiprocessing.Pool with a process for each core, and `map`.

As in the notebook, the session is pickled with each request, and arrives without its connections.
"""

import ctypes
import os
import signal
from multiprocessing import active_children, current_process, get_context

from with_requests import fetch, new_session
from worker import serve, timed


def one(argument):
    session, request, timeout = argument
    lane = current_process()._identity[-1] - 1
    return timed(lane, fetch, session, request, timeout)


def end_with_parent(parent):
    """In a child of the Pool: it would outlive a parent that is killed (PR_SET_PDEATHSIG is 1, prctl(2)).

    The parent may be gone already. Then the child has another one, and no signal will come.
    """
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class ProcessPool:
    def __init__(self, concurrency, timeout):
        # Python 3.14 would have a server between this process and its children.
        self.pool = get_context("fork").Pool(concurrency, initializer=end_with_parent, initargs=(os.getpid(),))
        self.session, self.timeout = new_session(), timeout

    def run(self, requests):
        return self.pool.map(one, [(self.session, request, self.timeout) for request in requests])

    def children(self):
        return [child.pid for child in active_children()]

    def close(self):
        self.session.close()
        self.pool.close()
        self.pool.join()


if __name__ == "__main__":
    serve(ProcessPool)
