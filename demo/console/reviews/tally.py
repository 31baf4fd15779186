"""How right an analyst was, as far as it is known. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from console.reviews.client import Review

TELLS: Final = frozenset({"chargeback", "customer"})
"""The sources that know better than an analyst."""


def was_right(review: Review) -> bool | None:
    """Whether an outcome agrees with the analyst who closed the review; None if none came."""
    label = review["label"]
    if label is None or label["source"] not in TELLS:
        return None
    return bool(label["label"] == review["closed"]["label"])


@dataclass(frozen=True, slots=True)
class Tally:
    """The reviews of an analyst: those that turned out right, or wrong, and those still open."""

    right: int
    wrong: int
    open: int

    @classmethod
    def of(cls, reviews: Iterable[Review]) -> "Tally":
        """The tally of closed reviews."""
        found = [was_right(each) for each in reviews]
        return cls(found.count(True), found.count(False), found.count(None))

    @property
    def known(self) -> int:
        """Those of which the outcome is known."""
        return self.right + self.wrong

    @property
    def reviewed(self) -> int:
        """All of them."""
        return self.known + self.open
