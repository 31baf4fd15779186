"""Progress on stderr: a spinner with an estimate on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from rich.console import Console
from rich.text import Text

NOTICE_S: Final = 0.05
"""A shorter step is a notice, which is left out of the mean duration."""


@dataclass(slots=True)
class Estimate:
    """The time left, estimated from the mean duration of the steps done.

    Attributes
    ----------
    steps : int
        Expected number of steps, 0 if unknown.
    done : int
    spent_s : float
        Seconds of the steps done.
    """

    steps: int = 0
    done: int = 0
    spent_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Count a step of that duration."""
        if seconds >= NOTICE_S:
            self.done += 1
            self.spent_s += seconds

    def left_s(self, running_s: float = 0.0) -> float | None:
        """The seconds left, `running_s` seconds into the next step; None if unknown."""
        if not 0 < self.done < self.steps:
            return None
        return max(self.spent_s / self.done * (self.steps - self.done) - running_s, 0.0)


def in_words(seconds: float | None) -> str:
    """Format an estimate as the end of a line; empty if unknown or short.

    Examples
    --------
    >>> in_words(37.2)
    ', about 35 s left'
    >>> in_words(200)
    ', about 3 min left'
    """
    if seconds is None or seconds < 2:
        return ""
    if seconds < 90:
        return f", about {max(round(seconds / 5) * 5, 5)} s left"
    return f", about {round(seconds / 60)} min left"


@dataclass(slots=True)
class _Steps:
    """The running step, which rich renders at each frame of the spinner."""

    estimate: Estimate
    step: str = ""
    began: float = field(default_factory=monotonic)
    counted: float = field(default_factory=monotonic)

    def count(self) -> None:
        now = monotonic()
        self.estimate.add(now - self.counted)
        self.counted = now

    def begin(self, step: str) -> None:
        self.step, self.began = step, self.counted

    def seconds(self) -> float:
        return monotonic() - self.began

    def __rich__(self) -> Text:
        left = self.estimate.left_s(monotonic() - self.counted)
        return Text(f"{self.step} ... {self.seconds():.0f} s{in_words(left)}")


@contextmanager
def reported(steps: int = 0) -> Iterator[Callable[[str], None]]:
    """Yield a function to call with each step as it begins; print each step's duration.

    A call with the same text continues the same step. With the expected number of calls in `steps`,
    the time left is shown too.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    running = _Steps(Estimate(steps))

    def finish() -> None:
        running.count()
        if running.step:
            left = "" if console.is_terminal else in_words(running.estimate.left_s())
            console.print(f"  {running.step} ({running.seconds():.1f} s){left}", markup=False)

    with console.status(running):

        def begin(step: str) -> None:
            if step == running.step:
                running.count()
                return
            finish()
            running.begin(step)

        yield begin
    finish()
