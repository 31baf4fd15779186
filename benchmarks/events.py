"""A clock that goes from event to event, for real code that waits.

Each piece of work has a thread, of which only one runs at a time, so that the same work with the
same waits always comes out the same.
"""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count
from threading import Lock, Thread, local


class Events:
    """A clock that goes from event to event.

    Attributes
    ----------
    now : float
        Seconds.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Lock]] = []
        self._numbers = count()
        self._idle: list[Lock] = []
        self._threads: list[Thread] = []
        self._own = local()
        self._end = _held()
        self._is_over = False
        self._error: BaseException | None = None

    def run(self, gaps_s: Iterator[float], work: Callable[[], None]) -> None:
        """Work after each of some gaps, whether the work before is done or not."""
        self._wake_another(gaps_s, work)
        self._go_on()
        self._end.acquire()
        self._is_over = True
        for lock in self._idle:
            lock.release()
        if self._error is not None:
            raise self._error
        for thread in self._threads:
            thread.join()

    def wait(self, seconds: float) -> None:
        """Let others run until the time has passed."""
        self._expect(self.now + seconds, self._own.lock)
        self._pause()

    def _expect(self, at: float, lock: Lock) -> None:
        heappush(self._due, (at, next(self._numbers), lock))

    def _pause(self) -> None:
        self._go_on()
        self._own.lock.acquire()

    def _go_on(self) -> None:
        """Go to the next event, and let its thread run; this one must stop."""
        if not self._due:
            self._end.release()
            return
        self.now, _, lock = heappop(self._due)
        lock.release()

    def _wake_another(self, gaps_s: Iterator[float], work: Callable[[], None]) -> None:
        """Let an idle thread, or a new one, wait for the next gap to pass."""
        if not self._idle:
            lock = _held()
            thread = Thread(target=self._serve, args=(lock, gaps_s, work), daemon=True)
            self._threads.append(thread)
            thread.start()
            self._idle.append(lock)
        self._expect(self.now, self._idle.pop())

    def _serve(self, lock: Lock, gaps_s: Iterator[float], work: Callable[[], None]) -> None:
        self._own.lock = lock
        lock.acquire()
        try:
            while not self._is_over:
                if (gap_s := next(gaps_s, None)) is not None:
                    self.wait(gap_s)
                    self._wake_another(gaps_s, work)
                    work()
                self._idle.append(lock)
                self._pause()
        except BaseException as error:  # noqa: BLE001  # it is raised in the main thread
            self._error = error
            self._end.release()


def _held() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock
