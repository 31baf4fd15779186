"""The provider: no failure is final, none takes longer than the deadline, S3 is seldom asked."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from fraud_api_lambda.aws.errors import ModelStoreError
from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.deployment import provider as model_provider
from fraud_api_lambda.deployment.load_attempt import LoadAttempt, log
from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.deployment.pointer import PinnedModel, Pointer, key_of
from fraud_api_lambda.deployment.provider import (
    REFRESH_TIMEOUT_S,
    ModelProvider,
    ModelUnavailableError,
)
from tests.bundles import make_bundle, make_content, pickled
from tests.waiting import wait_for

REFRESH_S = 60.0
OLD, NEW = make_bundle(0), make_bundle(1)


class FakeStore:
    """Points at one bundle; each failure queued in `failures` is raised by one call."""

    def __init__(self, data: bytes = OLD) -> None:
        self.data = data
        self.failures: list[Exception] = []
        self.pointers_read = 0
        self.fetched = 0

    @property
    def calls(self) -> int:
        return self.pointers_read + self.fetched

    def read_pointer(self) -> Pointer:
        self.pointers_read += 1
        if self.failures:
            raise self.failures.pop(0)
        digest = hashlib.sha256(self.data).hexdigest()
        key = key_of(version_of(self.data))
        return Pointer(PinnedModel(key, "v", len(self.data), digest), None)

    def fetch(self, pinned: PinnedModel) -> bytes:  # noqa: ARG002
        self.fetched += 1
        return self.data


class BlackHole(FakeStore):
    """Swallows every fetch that begins while it `swallows`, until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.swallows = True
        self.opened = Event()

    def fetch(self, pinned: PinnedModel) -> bytes:
        swallows = self.swallows  # as it was when asked: the test changes it once it was
        data = super().fetch(pinned)
        if swallows:
            self.opened.wait(30)
            if self.failures:
                raise self.failures.pop(0)
        return data


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def provider(store: FakeStore, clock: Clock) -> ModelProvider:
    return ModelProvider(store, refresh_s=REFRESH_S, clock=clock, deadline_s=20)


@pytest.fixture
def black_hole() -> Iterator[BlackHole]:
    store = BlackHole()
    yield store
    store.opened.set()


def is_waited_for(provider: ModelProvider) -> bool:
    """Whether a `get` has reckoned its patience and waits, so that the clock may move."""
    attempt = provider._attempt
    return attempt is not None and bool(attempt._waiting)


def refreshed(provider: ModelProvider, clock: Clock) -> LoadedModel:
    """The model after the next look is due and whatever it found is known."""
    clock.now += REFRESH_S
    wait_for(lambda: provider.get() is provider.peek())
    return provider.get()


def test_the_first_get_loads_the_model(provider: ModelProvider) -> None:
    model = provider.get()

    assert model.version == model.pinned.version == version_of(OLD)
    assert model.degraded == ()


def test_before_the_first_load_there_is_nothing_to_peek_at(provider: ModelProvider) -> None:
    assert provider.peek() is None

    assert provider.get() is provider.peek()


def test_a_failed_load_is_unavailable_and_the_next_get_tries_again(
    store: FakeStore, provider: ModelProvider
) -> None:
    store.failures = [ModelStoreError("no network")]

    with pytest.raises(ModelUnavailableError) as caught:
        provider.get()

    assert caught.value.retry_after_s >= 1
    assert provider.get().version == version_of(OLD)


def test_a_store_that_raises_anything_is_unavailable_not_a_crash(
    store: FakeStore, provider: ModelProvider
) -> None:
    store.failures = [ZeroDivisionError()]

    with pytest.raises(ModelUnavailableError):
        provider.get()

    assert provider.get().version == version_of(OLD)


@pytest.mark.parametrize("data", [b"", OLD[:-100], pickled(make_content() | {"examples": {}})])
def test_a_bundle_that_cannot_be_used_is_unavailable_until_it_is_replaced(
    store: FakeStore, provider: ModelProvider, data: bytes
) -> None:
    store.data = data
    with pytest.raises(ModelUnavailableError):
        provider.get()
    store.data = OLD

    assert provider.get().version == version_of(OLD)


def test_get_takes_what_was_prefetched(store: FakeStore, provider: ModelProvider) -> None:
    provider.prefetch()
    wait_for(lambda: store.fetched)

    assert provider.get().version == version_of(OLD)
    assert store.calls == 2


def test_a_failed_prefetch_is_dropped_and_get_tries_again(
    store: FakeStore, provider: ModelProvider
) -> None:
    store.failures = [ModelStoreError("no network")]
    provider.prefetch()
    wait_for(lambda: provider._attempt is None)

    assert provider.get().version == version_of(OLD)


def test_a_store_that_never_answers_is_unavailable_within_the_deadline(
    black_hole: BlackHole,
) -> None:
    provider = ModelProvider(black_hole, refresh_s=REFRESH_S, deadline_s=0.2)

    with pytest.raises(ModelUnavailableError):
        provider.get()  # later than its deadline, the store would give it a model


def test_a_load_that_ends_at_the_deadline_is_logged_with_its_kind(
    black_hole: BlackHole, caplog: pytest.LogCaptureFixture
) -> None:
    provider = ModelProvider(black_hole, refresh_s=REFRESH_S, deadline_s=0.2)
    log.addHandler(caplog.handler)

    try:
        with pytest.raises(ModelUnavailableError):
            provider.get()
    finally:
        log.removeHandler(caplog.handler)

    assert "TimeoutError" in {vars(record).get("exception_name") for record in caplog.records}


def test_after_a_black_hole_a_later_get_begins_anew_and_succeeds(black_hole: BlackHole) -> None:
    provider = ModelProvider(black_hole, refresh_s=REFRESH_S, deadline_s=1)
    with pytest.raises(ModelUnavailableError):
        provider.get()
    black_hole.swallows = False

    assert provider.get().version == version_of(OLD)
    assert black_hole.fetched == 2


def test_an_abandoned_attempt_that_ends_late_does_not_replace_a_newer_model(
    black_hole: BlackHole, clock: Clock
) -> None:
    provider = ModelProvider(black_hole, refresh_s=REFRESH_S, deadline_s=20, clock=clock)
    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(provider.get)
        wait_for(lambda: black_hole.fetched and is_waited_for(provider))
        abandoned = provider._attempt
        clock.now += 20
        black_hole.swallows = False
        black_hole.data = NEW
        assert provider.get().version == version_of(NEW)
        assert late.result(10).version == version_of(NEW)

    black_hole.opened.set()
    wait_for(lambda: abandoned and abandoned.is_over)

    assert provider.get().version == version_of(NEW)


def test_an_abandoned_attempt_that_ends_late_is_served_if_there_is_nothing_newer(
    black_hole: BlackHole,
) -> None:
    provider = ModelProvider(black_hole, refresh_s=REFRESH_S, deadline_s=0.2)
    with pytest.raises(ModelUnavailableError):
        provider.get()
    assert provider._attempt is None

    black_hole.opened.set()
    wait_for(provider.peek)

    assert provider.get().version == version_of(OLD)
    assert black_hole.fetched == 1


def test_a_new_version_is_served_after_refresh_and_not_before(
    store: FakeStore, provider: ModelProvider, clock: Clock
) -> None:
    provider.get()
    store.data = NEW

    clock.now += REFRESH_S - 1
    assert provider.get().version == version_of(OLD)

    clock.now += 1
    assert refreshed(provider, clock).version == version_of(NEW)


def test_an_unchanged_pointer_fetches_nothing(
    store: FakeStore, provider: ModelProvider, clock: Clock
) -> None:
    provider.get()

    refreshed(provider, clock)

    assert (store.pointers_read, store.fetched) == (2, 1)


def test_a_bad_new_version_leaves_the_last_good_one_and_says_so(
    store: FakeStore, provider: ModelProvider, clock: Clock
) -> None:
    provider.get()
    store.data = OLD[:-100]

    model = refreshed(provider, clock)

    assert model.version == version_of(OLD)
    assert model.degraded == ("stale_model",)


@pytest.mark.parametrize("repaired", [OLD, NEW])
def test_a_later_good_version_ends_the_degradation(
    store: FakeStore, provider: ModelProvider, clock: Clock, repaired: bytes
) -> None:
    provider.get()
    store.data = OLD[:-100]
    assert refreshed(provider, clock).degraded
    store.data = repaired

    model = refreshed(provider, clock)

    assert model.version == version_of(repaired)
    assert model.degraded == ()


def test_after_a_failed_refresh_the_store_is_left_alone_for_a_while(
    store: FakeStore, provider: ModelProvider, clock: Clock
) -> None:
    provider.get()
    store.failures = [ModelStoreError("no network")]
    assert refreshed(provider, clock).degraded
    calls = store.calls

    for _ in range(100):
        provider.get()

    assert store.calls == calls


@pytest.fixture
def overdue(
    black_hole: BlackHole, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModelProvider]:
    """A provider that serves the old model while the store holds back a new one.

    Where it does not wait up to its deadline, it does not wait at all.
    """
    monkeypatch.setattr(model_provider, "REFRESH_TIMEOUT_S", 0)
    provider = ModelProvider(black_hole, refresh_s=REFRESH_S, deadline_s=20, clock=clock)
    black_hole.swallows = False
    provider.get()
    black_hole.swallows = True
    black_hole.data = NEW
    clock.now += REFRESH_S
    yield provider
    black_hole.opened.set()


def test_while_a_refresh_hangs_the_loaded_model_answers_soon(
    overdue: ModelProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_provider, "REFRESH_TIMEOUT_S", REFRESH_TIMEOUT_S)

    with ThreadPoolExecutor(1) as threads:
        soon = threads.submit(overdue.get).result(10)  # its deadline is 20 s

    assert soon.version == version_of(OLD)


def test_while_a_refresh_is_unfinished_answers_say_so(
    overdue: ModelProvider, black_hole: BlackHole
) -> None:
    assert overdue.get().degraded == ("stale_model",)

    black_hole.opened.set()
    wait_for(overdue.peek)

    assert overdue.get().degraded == ()


def test_a_refresh_is_taken_when_it_ends_though_nobody_waits_for_it(
    overdue: ModelProvider, black_hole: BlackHole
) -> None:
    overdue.get()
    wait_for(lambda: black_hole.fetched == 2)

    black_hole.opened.set()
    wait_for(overdue.peek)

    model = overdue.peek()
    assert model is not None
    assert model.version == version_of(NEW)


def test_a_load_that_lambda_froze_goes_on_and_its_model_is_served(
    overdue: ModelProvider, black_hole: BlackHole, clock: Clock
) -> None:
    overdue.get()
    wait_for(lambda: black_hole.fetched == 2)
    clock.now += 3_600
    with ThreadPoolExecutor(1) as threads:
        thawed = threads.submit(overdue.get)
        wait_for(lambda: is_waited_for(overdue))
        black_hole.opened.set()

        assert thawed.result(10).version == version_of(NEW)

    assert black_hole.fetched == 2
    assert black_hole.pointers_read == 3  # what it said an hour ago is no news


def test_a_load_that_fails_as_it_thaws_is_begun_anew_for_the_request_that_waits(
    overdue: ModelProvider, black_hole: BlackHole, clock: Clock
) -> None:
    overdue.get()
    wait_for(lambda: black_hole.fetched == 2)
    clock.now += 3_600
    black_hole.failures = [ModelStoreError("the connection died")]
    with ThreadPoolExecutor(1) as threads:
        thawed = threads.submit(overdue.get)
        wait_for(lambda: is_waited_for(overdue))
        black_hole.opened.set()

        model = thawed.result(10)

    assert (model.version, model.degraded) == (version_of(NEW), ())


def test_a_model_overdue_by_two_periods_is_waited_for(
    overdue: ModelProvider, black_hole: BlackHole, clock: Clock
) -> None:
    clock.now += 2 * REFRESH_S - 1
    assert overdue.get().version == version_of(OLD)
    clock.now += 1
    with ThreadPoolExecutor(1) as threads:
        patient = threads.submit(overdue.get)
        wait_for(lambda: is_waited_for(overdue))
        black_hole.opened.set()

        assert patient.result(10).version == version_of(NEW)


def test_while_the_store_fails_only_one_request_a_period_waits_long(
    overdue: ModelProvider, black_hole: BlackHole, clock: Clock
) -> None:
    clock.now += 2 * REFRESH_S
    with ThreadPoolExecutor(2) as threads:
        patient = threads.submit(overdue.get)
        wait_for(lambda: is_waited_for(overdue))

        soon = threads.submit(overdue.get).result(10)  # its deadline is 20 s
        assert soon.degraded == ("stale_model",)
        assert not patient.done()
        black_hole.opened.set()
        patient.result(10)


def test_the_next_look_is_counted_from_when_the_pointer_was_read(clock: Clock) -> None:
    class SlowStore(FakeStore):
        def fetch(self, pinned: PinnedModel) -> bytes:
            clock.now += 30
            return super().fetch(pinned)

    provider = ModelProvider(SlowStore(), refresh_s=REFRESH_S, clock=clock, deadline_s=300)
    provider.get()

    clock.now += 29
    assert provider.peek() is not None

    clock.now += 1
    assert provider.peek() is None


def test_a_model_prefetched_long_before_the_first_request_is_looked_after_first(
    store: FakeStore, provider: ModelProvider, clock: Clock
) -> None:
    provider.prefetch()
    wait_for(provider.peek)
    clock.now += 1_800
    store.data = NEW

    assert provider.get().version == version_of(NEW)


def test_a_refresh_at_every_request_looks_once_each(store: FakeStore) -> None:
    provider = ModelProvider(store, refresh_s=0)

    for _ in range(3):
        assert provider.get().degraded == ()

    assert (store.pointers_read, store.fetched) == (3, 1)


def test_only_the_time_that_requests_wait_for_an_attempt_counts() -> None:
    attempt = LoadAttempt(began=0)
    assert attempt.waited_s(now=3_600) == 0

    attempt.start_waiting(3_600)
    attempt.start_waiting(3_601)
    attempt.stop_waiting(3_602)
    assert attempt.waited_s(now=3_603) == 3
    attempt.stop_waiting(3_604)

    assert attempt.waited_s(now=7_200) == 4


def test_ten_thousand_gets_over_minutes_ask_the_store_a_few_times(
    store: FakeStore, provider: ModelProvider, clock: Clock
) -> None:
    for _ in range(10_000):
        clock.now += 0.02
        provider.get()

    assert 3 <= store.calls < 10


def test_concurrent_gets_load_once(store: FakeStore, provider: ModelProvider) -> None:
    together = Barrier(8)

    def get() -> LoadedModel:
        together.wait(10)
        return provider.get()

    with ThreadPoolExecutor(8) as threads:
        models = [each.result() for each in [threads.submit(get) for _ in range(8)]]

    assert {model.version for model in models} == {version_of(OLD)}
    assert (store.pointers_read, store.fetched) == (1, 1)
