"""Runs requests at the same time in every order in which their steps can come, one run for each.

A run is settled by choices: whose step is next, and which of its whims the table follows. All lists
of choices are tried, as in a search through a tree, so that nothing is left to chance.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from threading import Lock, Thread, current_thread
from typing import Any, Final, NamedTuple, NoReturn

from fraud_api_lambda.aws.dynamodb import Item
from tests.records.fake_table import STEADY, FakeTable, Whims

MOST_STEPS: Final = 100
"""Of one request; with more it is taken for endless."""

NOT_THE_SAME: Final = "the same choices do not lead to the same run"


class Choice(NamedTuple):
    """A number below another."""

    number: int
    options: int


class Choices:
    """The choices of a run: first those of a script, then always 0."""

    def __init__(self, script: Sequence[Choice]) -> None:
        self._script = script
        self._taken: list[Choice] = []

    def __call__(self, options: int) -> int:
        if options == 1:
            return 0
        at = len(self._taken)
        choice = self._script[at] if at < len(self._script) else Choice(0, options)
        assert choice.options == options, NOT_THE_SAME
        self._taken.append(choice)
        return choice.number

    def __repr__(self) -> str:
        return f"choices {[choice.number for choice in self._taken]}"

    def next_script(self) -> list[Choice] | None:
        """The script of the next run; None after the last one."""
        assert len(self._taken) >= len(self._script), NOT_THE_SAME
        script = self._taken[:]
        while script:
            number, options = script.pop()
            if number + 1 < options:
                return [*script, Choice(number + 1, options)]
        return None


def each_run(run: Callable[[Choices], None]) -> int:
    """Run once for each list of choices; return the number of runs."""
    runs = 0
    script: list[Choice] | None = []
    while script is not None:
        choices = Choices(script)
        try:
            run(choices)
        except Exception as error:
            error.add_note(f"in run {runs}, {choices}")
            raise
        runs, script = runs + 1, choices.next_script()
    return runs


def interleaved[T](
    requests: Sequence[Callable[[FakeTable], T]],
    check: Callable[[FakeTable, list[T]], None],
    *,
    items: Sequence[Item] = (),
    whims: Whims = STEADY,
) -> int:
    """Make requests to a table at the same time, in every way.

    Parameters
    ----------
    requests : sequence of callable
        Each makes a request, deterministically, and returns its answer.
    check : callable
        Checks the table and the answers after each run.
    items : sequence of Item
        In the table at the beginning of each run.
    whims : Whims

    Returns
    -------
    int
        The number of runs.
    """
    with _actors(len(requests)) as actors:

        def run(choices: Choices) -> None:
            steps: list[str] = []
            table = FakeTable(items, whims, choices, before=lambda step: _pause(step, steps))
            try:
                check(table, _answers(requests, table, actors, choices))
            except Exception as error:
                error.add_note("\n".join(steps))
                raise

        return each_run(run)


def _answers[T](
    requests: Sequence[Callable[[FakeTable], T]],
    table: FakeTable,
    actors: "Sequence[_Actor]",
    choices: Choices,
) -> list[T]:
    for actor, request in zip(actors, requests, strict=True):
        actor.begin(partial(request, table))
    while steps := [actor.step for actor in actors if not actor.is_done] + _late_steps(table):
        steps[choices(len(steps))]()
    return [actor.answer() for actor in actors]


def _late_steps(table: FakeTable) -> list[Callable[[], None]]:
    return [partial(_do_late, table, number) for number in range(len(table.late))]


def _do_late(table: FakeTable, number: int) -> None:
    table.late.pop(number)()


@contextmanager
def _actors(number: int) -> Iterator[list["_Actor"]]:
    """Threads, used for all runs."""
    actors = [_Actor(name=f"request {each}", daemon=True) for each in range(number)]
    for actor in actors:
        actor.start()
    try:
        yield actors
    finally:
        for actor in actors:
            actor.end()


class _OverError(BaseException):
    """Raise in a thread that is to end in the middle of a request."""


class _Actor(Thread):
    """A thread that makes requests, and moves on only when it is told to."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._may_go, self._has_stopped = Lock(), Lock()
        self._may_go.acquire()
        self._has_stopped.acquire()
        self._is_over = False
        self._request: Callable[[], Any]
        self._outcome: Callable[[], Any]
        self._steps = 0
        self.is_done = True

    def begin(self, request: Callable[[], Any]) -> None:
        """Start a request, up to its first step."""
        self._request, self._steps, self.is_done = request, 0, False
        self.step()

    def step(self) -> None:
        """Take one step."""
        self._may_go.release()
        self._has_stopped.acquire()

    def pause(self) -> None:
        """Wait, in this thread, for the next step."""
        self._steps += 1
        assert self._steps <= MOST_STEPS, "the request does not end"
        self._has_stopped.release()
        self._wait()

    def answer(self) -> Any:
        """The answer; raises what the request raised."""
        return self._outcome()

    def end(self) -> None:
        self._is_over = True
        self._may_go.release()
        self.join()

    def run(self) -> None:
        with suppress(_OverError):
            while True:
                self._wait()
                self._outcome = _outcome(self._request)
                self.is_done = True
                self._has_stopped.release()

    def _wait(self) -> None:
        self._may_go.acquire()
        if self._is_over:
            raise _OverError


def _outcome[T](request: Callable[[], T]) -> Callable[[], T]:
    """What a request returns or raises, to be returned or raised again."""
    try:
        answer = request()
    except Exception as error:  # noqa: BLE001  # it is raised in another thread
        return partial(_raise, error)
    return lambda: answer


def _raise(error: Exception) -> NoReturn:
    raise error


def _pause(step: str, steps: list[str]) -> None:
    actor = current_thread()
    if isinstance(actor, _Actor):  # not the thread that checks
        actor.pause()
    steps.append(f"{actor.name}: {step}")
