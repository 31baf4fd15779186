"""The model in service: loads it, refreshes it, and retries after every failure."""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Condition, Thread
from typing import Final, Protocol

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.deployment.load_attempt import LoadAttempt
from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.deployment.pointer import PinnedModel, Pointer

DEADLINE_S: Final = 4.5
"""Limit for pointer and object together; callers of API Gateway wait about as long."""

REFRESH_TIMEOUT_S: Final = 0.25
"""Limit for a refresh while a loaded model can answer."""

LONG_WAIT_AFTER_PERIODS: Final = 3
"""Refresh periods since the last read of the pointer, after which a request waits for longer."""

RETRY_AFTER_S: Final = 1
THREAD_NAME: Final = "model load"

log = logging.getLogger(__name__)


class ModelUnavailableError(Exception):
    """Raise when no model is available; retry after `retry_after_s` seconds."""

    retry_after_s = RETRY_AFTER_S


class Store(Protocol):
    """A source of models."""

    def read_pointer(self) -> Pointer:
        """The current pointer."""

    def fetch(self, pinned: PinnedModel) -> bytes:
        """The bytes of a pinned model, verified."""


class ModelProvider:
    """Provides the current model; loads and refreshes it.

    Loading runs in a thread of its own, so a request never waits beyond the deadline. An attempt
    that takes longer is abandoned, and the next request starts another. If the abandoned attempt
    succeeds later, its model is served unless a newer pointer has been read.

    An answer without `STALE_MODEL` comes from the model that the pointer named at most `refresh_s`
    seconds ago.

    Parameters
    ----------
    store : Store
    refresh_s : float
        Seconds between reads of the pointer.
    has_memory : bool
        Whether histories of accounts are known.
    deadline_s : float
    clock : callable
        A monotonic clock, in seconds.
    """

    def __init__(
        self,
        store: Store,
        *,
        refresh_s: float,
        has_memory: bool = False,
        deadline_s: float = DEADLINE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._refresh_s = refresh_s
        self._has_memory = has_memory
        self._deadline_s = deadline_s
        self._clock = clock
        self._changed = Condition()
        self._loaded: LoadedModel | None = None
        self._pointer_read = float("-inf")
        self._next_refresh = float("-inf")
        self._long_wait_from = float("-inf")
        self._attempt: LoadAttempt | None = None

    def prefetch(self) -> None:
        """Start loading; a failure is logged, and the first request retries."""
        with self._changed:
            self._current_attempt()

    def peek(self) -> LoadedModel | None:
        """The model if it can be served without waiting, else None: then call `get`."""
        return self._loaded if self._clock() < self._next_refresh else None

    def get(self) -> LoadedModel:
        """The model in service; waits for it if necessary.

        Raises
        ------
        ModelUnavailableError
            If no model is loaded, and none could be loaded within the deadline.
        """
        with self._changed:
            loaded = self.peek()
            if loaded is not None:
                return loaded
            self._refresh()
            if self._loaded is None:
                raise ModelUnavailableError
            return self._loaded

    def _refresh(self) -> None:
        """Wait for a refresh; without one, the loaded model becomes stale."""
        began = self._clock()
        deadline = began + self._timeout(began)
        while not self._is_current(began):
            attempt = self._current_attempt()
            self._await(attempt, began, deadline)
            # An older attempt may have failed because Lambda froze it and its connection died, or
            # have succeeded with an outdated pointer: neither outcome counts for this request.
            if not attempt.is_over or attempt.has_failed_since(began):
                self._give_up(attempt)
                return

    def _timeout(self, now: float) -> float:
        """Seconds that a request waits for a refresh.

        Up to the deadline if no model is loaded or, once per period, if the loaded one is very old.
        While AWS is down, all other requests are answered quickly.
        """
        if now < self._long_wait_from:
            return min(REFRESH_TIMEOUT_S, self._deadline_s)
        if self._loaded is not None:
            self._long_wait_from = now + self._refresh_s
        return self._deadline_s

    def _is_current(self, began: float) -> bool:
        """Whether the loaded model may answer a request that began at that time."""
        return self._pointer_read >= began or not self._is_due()

    def _current_attempt(self) -> LoadAttempt:
        """The running attempt; a new one if there is none or it hangs."""
        if self._attempt is None or self._attempt.hangs(self._clock(), self._deadline_s):
            attempt = LoadAttempt(self._clock())
            Thread(target=self._run, args=(attempt,), daemon=True, name=THREAD_NAME).start()
            self._attempt = attempt
        return self._attempt

    def _await(self, attempt: LoadAttempt, began: float, deadline: float) -> None:
        """Wait until the attempt ends, another one succeeds, or the deadline passes."""
        now = self._clock()
        attempt.start_waiting(now)
        self._changed.wait_for(
            lambda: attempt.is_over or self._is_current(began), timeout=max(deadline - now, 0)
        )
        attempt.stop_waiting(self._clock())

    def _give_up(self, attempt: LoadAttempt) -> None:
        """Serve without a refresh; abandon an attempt that hangs."""
        self._become_stale()
        if attempt.is_over:
            return
        hangs = attempt.hangs(self._clock(), self._deadline_s)
        if hangs or self._loaded is None:
            attempt.log_failure(TimeoutError())
        if hangs and self._attempt is attempt:
            self._attempt = None
            self._back_off()

    def _run(self, attempt: LoadAttempt) -> None:
        try:
            pointer_read, loaded = self._load(attempt)
        except Exception as error:  # noqa: BLE001  # a thread must report its outcome
            attempt.log_failure(error)
            with self._ending(attempt):
                attempt.has_failed = True
                if self._attempt is attempt:
                    self._become_stale()
                    self._back_off()
        else:
            with self._ending(attempt):
                self._take(pointer_read, loaded)

    @contextmanager
    def _ending(self, attempt: LoadAttempt) -> Iterator[None]:
        """Notify waiting requests that an attempt is over."""
        with self._changed:
            yield
            attempt.is_over = True
            if self._attempt is attempt:
                self._attempt = None
            self._changed.notify_all()

    def _load(self, attempt: LoadAttempt) -> tuple[float, LoadedModel]:
        """The time at which the pointer was read, and its model."""
        pointer_read = self._clock()
        pinned = self._store.read_pointer().current
        loaded = self._loaded
        if loaded is not None and loaded.pinned == pinned:
            return pointer_read, replace(loaded, is_stale=False)
        began = time.perf_counter()
        attempt.operation = "GetObject"
        data = self._store.fetch(pinned)
        attempt.operation = "read bundle"
        loaded = LoadedModel.of(read(data), pinned, has_memory=self._has_memory)
        duration_ms = round(1000 * (time.perf_counter() - began), 1)
        log.info("model loaded", extra={"model_version": loaded.version, "load_ms": duration_ms})
        return pointer_read, loaded

    def _take(self, pointer_read: float, loaded: LoadedModel) -> None:
        """Serve a loaded model, however late, unless a newer pointer has been read."""
        if pointer_read < self._pointer_read:
            return
        self._loaded = loaded
        self._pointer_read = pointer_read
        self._next_refresh = pointer_read + self._refresh_s
        self._long_wait_from = pointer_read + LONG_WAIT_AFTER_PERIODS * self._refresh_s

    def _become_stale(self) -> None:
        if self._loaded is not None and self._is_due():
            self._loaded = replace(self._loaded, is_stale=True)

    def _back_off(self) -> None:
        """Postpone the next refresh, by a random time so that containers do not retry together."""
        if self._is_due():
            pause = min(self._refresh_s, 5.0) * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
            self._next_refresh = self._clock() + pause

    def _is_due(self) -> bool:
        return self._clock() >= self._pointer_read + self._refresh_s
