"""gunicorn's threaded worker, staying with a connection whose next request follows at once.

gunicorn hands each request of a kept-alive connection from its polling thread to one of the pool and back: two
switches between threads and a dozen system calls, which cost as much as a small request does. Here the thread that
answered waits a moment by itself, unless others want it.
"""

import select
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

LINGER = 2  # milliseconds


class Pool(ThreadPoolExecutor):
    def is_wanted(self) -> bool:
        """Whether a connection waits for a thread."""
        return not self._work_queue.empty()


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    tpool: Pool

    def init_process(self) -> None:
        # Each setting is looked up through a chain of calls, 18 of them a request: here they become plain attributes.
        self.cfg.__dict__.update({name: setting.get() for name, setting in self.cfg.settings.items()})
        super().init_process()

    def get_thread_pool(self) -> Pool:
        return Pool(max_workers=self.cfg.threads)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        # The first worker to wake takes every connection that waits; one whose threads are all taken leaves the
        # rest to the others.
        self.set_accept_enabled(self._accepting and not self.tpool.is_wanted())
        super().wait_for_and_dispatch_events(timeout)

    def handle(self, conn: Any) -> Any:
        while True:
            outcome = super().handle(conn)
            if outcome is not True or not self._next_follows(conn):
                return outcome

    def _next_follows(self, conn: Any) -> bool:
        if not self.alive or conn.is_http2 or self.tpool.is_wanted():
            return False
        if conn.parser.unreader.buf.getvalue():
            return True
        poller = select.poll()
        poller.register(conn.sock, select.POLLIN)
        return bool(poller.poll(LINGER))
