"""The later part of a record: outcomes, the label that follows from them, and the review. Pure.

Attributes of a record: o outcomes by source, y changes of its label, q and l its place in the index
of reviews, w who closed its review, u seal of these.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from fraud_api_lambda.records.items import Item, Record, Version
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.seals import LATER, seal_later

SOURCES: Final = ("chargeback", "customer", "analyst")
"""Sources of labels, the strongest first."""

ANALYST: Final = SOURCES[-1]

OPEN: Final = "open"
CLOSED_BY: Final = "by "
"""Hash keys of the index: open reviews, and the prefix before an analyst's name."""

_RANK_DIGITS: Final = 18


class Word(NamedTuple):
    """The label that a source gives a payment.

    Attributes
    ----------
    at : int
        Since when, in microseconds since the epoch.
    is_fraud : bool
        At the same time, fraud counts as the later word.
    """

    at: int
    is_fraud: bool


class Label(NamedTuple):
    """The label of a payment: the word of the strongest source."""

    is_fraud: bool
    source: str
    at: int


class Change(NamedTuple):
    """A change of a payment's label.

    Attributes
    ----------
    frauds : int
        1 if the payment became a fraud, -1 if it no longer is one.
    versions : sequence of Version or None
        The versions of its accounts before the change; None if a history lacks the payment.
    """

    frauds: int
    versions: Sequence[Version | None]


class Place(NamedTuple):
    """A place in the index of reviews.

    Attributes
    ----------
    queue : str
        `OPEN`, or `CLOSED_BY` and a name.
    rank : str
        18 digits; the largest rank is listed first.
    """

    queue: str
    rank: str

    @classmethod
    def open(cls, expected_loss: float) -> "Place":
        """The place of an open review."""
        return cls(OPEN, _rank(round(100 * expected_loss)))

    @classmethod
    def closed(cls, by: str, at: int) -> "Place":
        """The place of a closed review, `at` in microseconds."""
        return cls(CLOSED_BY + by, _rank(at // 1_000))


class Closing(NamedTuple):
    """Who closed a review; `at` is in microseconds since the epoch."""

    by: str
    is_fraud: bool
    at: int
    note: str | None = None


class Later(NamedTuple):
    """The later part of a record.

    Attributes
    ----------
    words : dict of Word
        The latest word of each source.
    changes : sequence of Change
        Of the label, in order.
    place : Place or None
        In the index of reviews.
    closing : Closing or None
        Of its review.
    """

    words: Mapping[str, Word] = {}
    changes: Sequence[Change] = ()
    place: Place | None = None
    closing: Closing | None = None

    @property
    def label(self) -> Label | None:
        """The label of the payment; None before the first outcome."""
        for source in SOURCES:
            word = self.words.get(source)
            if word is not None:
                return Label(word.is_fraud, source, word.at)
        return None

    @property
    def is_fraud(self) -> bool:
        """Whether the payment is known to be a fraud."""
        return self.label is not None and self.label.is_fraud

    def with_word(self, source: str, word: Word) -> "Later":
        """The later part after a word; unchanged if the source has a later word already.

        An outcome takes an open review out of the queue.
        """
        if max(word, self.words.get(source, word)) != word or self.words.get(source) == word:
            return self
        words = {**self.words, source: word}
        in_order = {each: words[each] for each in sorted(words, key=_strength)}
        place = None if self.closing is None else self.place
        return self._replace(words=in_order, place=place)

    def closed(self, closing: Closing) -> "Later":
        """The later part after a review, whose label counts as the analyst's word."""
        told = self.with_word(ANALYST, Word(closing.at, closing.is_fraud))
        return told._replace(closing=closing, place=Place.closed(closing.by, closing.at))

    @classmethod
    def of(cls, item: Item) -> "Later":
        """Read the later part of an item; its seal is not checked.

        Raises
        ------
        ValueError
            If the attributes cannot be read.
        """
        try:
            return cls._read({name: str(item[name]) for name in LATER if name in item})
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ValueError("the item is not a record with outcomes") from error

    @classmethod
    def _read(cls, texts: Mapping[str, str]) -> "Later":
        words = json.loads(texts.get("o", "{}"))
        closing = json.loads(texts["w"]) if "w" in texts else None
        return cls(
            {source: Word(int(words[source][0]), bool(words[source][1])) for source in words},
            [_change(*each) for each in json.loads(texts.get("y", "[]"))],
            Place(texts["q"], texts["l"]) if "q" in texts else None,
            closing and Closing(closing["by"], closing["label"], closing["at"], closing["note"]),
        )

    def attributes(self) -> dict[str, str | int | bytes]:
        """The attributes of a record, without their seal."""
        written: dict[str, str | int | bytes] = {}
        if self.words:
            words = {source: [at, int(is_fraud)] for source, (at, is_fraud) in self.words.items()}
            written["o"] = _json(words)
        if self.changes:
            written["y"] = _json(self.changes)
        if self.place is not None:
            written["q"], written["l"] = self.place
        if self.closing is not None:
            by, is_fraud, at, note = self.closing
            written["w"] = _json({"by": by, "label": is_fraud, "at": at, "note": note})
        return written


def new_item(record: Record, keys: Keys) -> Item:
    """The item of a new record, in the queue if it is for review."""
    item = record.item(keys)
    if not record.grounds:
        return item
    expected_loss = json.loads(record.grounds)["expected_loss"]
    return changed(item, Later(place=Place.open(expected_loss)), keys)


def changed(item: Item, later: Later, keys: Keys) -> Item:
    """The item of a record with a new later part, sealed."""
    kept = {name: value for name, value in item.items() if name not in (*LATER, "u")}
    attributes = later.attributes()
    if not attributes:
        return kept
    sealed = kept | attributes
    return sealed | {"u": seal_later(sealed, keys)}


_json: Final = json.JSONEncoder(separators=(",", ":")).encode


def _strength(source: str) -> int:
    """The place of a source; those that this program does not know come last."""
    return SOURCES.index(source) if source in SOURCES else len(SOURCES)


def _rank(number: int) -> str:
    return f"{min(max(number, 0), 10**_RANK_DIGITS - 1):0{_RANK_DIGITS}d}"


def _change(frauds: int, versions: Sequence[Sequence[int] | None]) -> Change:
    return Change(
        int(frauds),
        [None if each is None else Version(each[0], each[1], bool(each[2])) for each in versions],
    )
