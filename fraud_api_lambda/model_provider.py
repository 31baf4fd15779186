"""The model being served: loaded once, looked after, and never the memory of a failure."""

import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, replace
from threading import Lock, Thread
from typing import Final, Protocol

from fraud_api_lambda.bundle import BundleError, read
from fraud_api_lambda.pointer import ModelStoreError, PinnedModel, Pointer
from fraud_api_lambda.scoring import Scorer

DEADLINE_S: Final = 4.5
"""For pointer and object together; API Gateway's callers have about as much patience."""

REFRESH_PATIENCE_S: Final = 0.25
"""How long a request may wait for news while there is a model to answer with."""

RETRY_AFTER_S: Final = 1
STALE_MODEL: Final = "stale_model"

log = logging.getLogger(__name__)


class ModelUnavailableError(Exception):
    """Raise when there is no model to answer with; try again in `retry_after_s`."""

    retry_after_s = RETRY_AFTER_S


class Store(Protocol):
    """Where models come from."""

    def read_pointer(self) -> Pointer:
        """The pointer as it is now."""

    def fetch(self, pinned: PinnedModel) -> bytes:
        """The bytes of a pinned model, verified."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that answers, and in what way the answers fall short."""

    scorer: Scorer
    pinned: PinnedModel
    degraded: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The bundle's version."""
        return self.scorer.version


@dataclass(frozen=True, slots=True)
class _Attempt:
    started: float
    outcome: Future[LoadedModel]


class ModelProvider:
    """Gives the current model, loading and refreshing it when it is due.

    Loading runs in a thread of its own, so that whatever hangs there, a request waits no longer
    than the deadline. An attempt older than that is abandoned and the next request begins another.

    Parameters
    ----------
    store : Store
    refresh_s : float
        Seconds between looks at the pointer.
    deadline_s : float
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self,
        store: Store,
        *,
        refresh_s: float,
        deadline_s: float = DEADLINE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._refresh_s = refresh_s
        self._deadline_s = deadline_s
        self._clock = clock
        self._lock = Lock()
        self._loaded: LoadedModel | None = None
        self._next_look = 0.0
        self._attempt: _Attempt | None = None

    def prefetch(self) -> None:
        """Begin to load; a failure is dropped."""
        with self._lock:
            self._current_attempt()

    def peek(self) -> LoadedModel | None:
        """The model if it can be served this instant, else None: then `get` has work to do."""
        return self._loaded if self._clock() < self._next_look else None

    def get(self) -> LoadedModel:
        """The model to answer with.

        Raises
        ------
        ModelUnavailableError
            If none is loaded and none could be within the deadline.
        """
        loaded = self.peek()
        if loaded is not None:
            return loaded
        with self._lock:
            loaded = self.peek()
            if loaded is not None:  # another request has loaded it since
                return loaded
            attempt = self._current_attempt()
            patience = attempt.started + self._deadline_s - self._clock()
        if self._loaded is not None:
            patience = min(patience, REFRESH_PATIENCE_S)
        try:
            fresh = attempt.outcome.result(timeout=max(patience, 0))
        except FutureTimeoutError:
            failed = self._is_over(attempt)
            if failed:
                _log_failure("TimeoutError")
            return self._without_news(attempt, failed=failed)
        except (ModelStoreError, BundleError) as error:
            _log_failure(type(error).__name__)
            return self._without_news(attempt, failed=True)
        return self._served(attempt, fresh)

    def _current_attempt(self) -> _Attempt:
        """The attempt under way, or a new one if it failed, took too long or never began."""
        if self._attempt is None or self._is_over(self._attempt):
            self._attempt = _Attempt(self._clock(), Future())
            Thread(target=self._run, args=(self._attempt.outcome,), daemon=True).start()
        return self._attempt

    def _is_over(self, attempt: _Attempt) -> bool:
        if attempt.outcome.done():
            return attempt.outcome.exception() is not None
        return self._clock() - attempt.started >= self._deadline_s

    def _run(self, outcome: "Future[LoadedModel]") -> None:
        try:
            outcome.set_result(self._load())
        except (ModelStoreError, BundleError) as error:
            outcome.set_exception(error)
        except Exception as error:  # noqa: BLE001  # a thread must not die without an outcome
            outcome.set_exception(ModelStoreError(type(error).__name__))

    def _load(self) -> LoadedModel:
        pinned = self._store.read_pointer().current
        if self._loaded is not None and self._loaded.pinned == pinned:
            return replace(self._loaded, degraded=())
        began = time.perf_counter()
        scorer = Scorer.from_bundle(read(self._store.fetch(pinned)))
        duration_ms = round(1000 * (time.perf_counter() - began), 1)
        log.info("model loaded", extra={"model_version": scorer.version, "load_ms": duration_ms})
        return LoadedModel(scorer, pinned)

    def _served(self, attempt: _Attempt, fresh: LoadedModel) -> LoadedModel:
        with self._lock:
            if self._attempt is attempt:
                self._attempt = None
                self._loaded = fresh
                self._next_look = self._clock() + self._refresh_s
        return fresh

    def _without_news(self, attempt: _Attempt, *, failed: bool) -> LoadedModel:
        """The last good model, or the error that there is none."""
        with self._lock:
            if failed and self._attempt is attempt:
                self._attempt = None
                if self._loaded is not None:
                    self._loaded = replace(self._loaded, degraded=(STALE_MODEL,))
                    self._next_look = self._clock() + self._backoff()
            if self._loaded is None:
                raise ModelUnavailableError
            return self._loaded

    def _backoff(self) -> float:
        """A while, and not the same for all containers."""
        return min(self._refresh_s, 5.0) * random.uniform(0.5, 1.0)  # noqa: S311  # no secret


def _log_failure(exception_name: str) -> None:
    log.warning("model load failed", extra={"exception_name": exception_name})
