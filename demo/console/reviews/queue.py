"""The queue as an analyst narrows it down. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from console.reviews.client import Review
from console.words import value_in_words

ID_SHOWN: Final = 8
"""Characters of a keyed id that tell accounts apart on a page."""

NOBODY: Final = "not told"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a review must have to be shown.

    Attributes
    ----------
    text : str
        Somewhere in its ids, facts or reasons, in any case.
    reasons : tuple of str
        Codes, of which it has one; any if empty.
    least, most : float or None
        Of the amount.
    probability : float
        At least.
    """

    text: str = ""
    reasons: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    probability: float = 0.0

    def passes(self, review: Review) -> bool:
        """Whether a review is shown."""
        amount = review["amount"]
        return (
            (self.least is None or amount >= self.least)
            and (self.most is None or amount <= self.most)
            and review["fraud_probability"] >= self.probability
            and (not self.reasons or bool({*self.reasons} & {*codes(review)}))
            and self.text.strip().lower() in _all_text(review)
        )


def codes(review: Review) -> list[str]:
    """The codes of its reasons."""
    return [each["code"] for each in review["reasons"]]


def _all_text(review: Review) -> str:
    told = [
        review["prediction_id"],
        *(each for each in review["accounts"].values() if each),
        *map(str, review["facts"].values()),
        *(value_in_words(str(each)) for each in review["facts"].values()),
        *(each["text"] for each in review["reasons"]),
    ]
    return "\n".join(told).lower()


def codes_of(reviews: Iterable[Review]) -> dict[str, str]:
    """The reasons of some reviews: the words for each code, the commonest first."""
    counts: dict[str, int] = {}
    for review in reviews:
        for code in codes(review):
            counts[code] = counts.get(code, 0) + 1
    ranked = sorted(counts, key=lambda code: (-counts[code], code))
    return {code: value_in_words(code) for code in ranked}


def following(reviews: Sequence[Review], skipped: Iterable[str]) -> str | None:
    """The id of the review that comes next: the first that was not skipped."""
    passed = set(skipped)
    left = (each["prediction_id"] for each in reviews if each["prediction_id"] not in passed)
    return next(left, None)


def short(account: str | None) -> str:
    """A keyed id, shortened for people."""
    return f"{account[:ID_SHOWN]}\N{HORIZONTAL ELLIPSIS}" if account else NOBODY
