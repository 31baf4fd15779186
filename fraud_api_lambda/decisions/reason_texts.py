"""The words of reasons. Pure."""

from typing import Final

from fraud_api_lambda.decisions.typical import ALL, Hours
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.domain.schema import Attribute, Schema

NOT_ROUNDED_UP_TO: Final = (95, 100)
"""Percentages that claim more than those below: the account is emptied, and nothing is left."""

SHORTEST_WORD: Final = 4
"""Capitals of a shorter value are an abbreviation, such as GB, and stay."""

MOST_CHARACTERS: Final = 40
"""Longer names and values of the data are cut."""

PLAIN: Final = {
    "EXCEEDS_BALANCE": "The amount is larger than the payer's balance.",
    "NO_BALANCE": "The payer's balance before the payment is 0.",
    "LARGE_AMOUNT": "The amount is larger than usual for {peers}.",
    "UNUSUALLY_SMALL_AMOUNT": "The amount is smaller than usual for {peers}.",
    "HIGH_BALANCE_AT_RISK": "The payer's balance is higher than usual for {peers}.",
}
"""The texts that tell nothing but the code and the peer group."""


def peers_of(schema: Schema, peers: str) -> str:
    """The payments of a peer group, such as "payments of type cash out"."""
    if peers == ALL or schema.peer_group is None:
        return "payments"
    return f"payments of {words_of(schema.attributes[schema.peer_group])} {value_in_words(peers)}"


def words_of(attribute: Attribute) -> str:
    """The words for an attribute."""
    return _cut(attribute.words)


def value_in_words(value: str) -> str:
    """The value of a category as words: CASH_OUT as "cash out"."""
    shouts = value.isupper() and len(value) >= SHORTEST_WORD
    return _cut((value.lower() if shouts else value).replace("_", " "))


def unusual_hour(hour: int, usual: Hours, peers: str) -> str:
    """The hour, and the usual hours."""
    now, then = _clock(hour, hour), _clock(usual.first, usual.last)
    return f"The hour is {now}; {peers} are usually made from {then}."


def share_sent(facts: Facts) -> str:
    """The share of the balance that an outgoing payment sends, at most 100 %.

    Rounding never changes a share to 0, 95 or 100 %.
    """
    percent = 100 * min(facts.amount / facts.balance, 1.0)
    nearest = round(percent)
    if nearest == 0 < facts.amount:
        shown = "under 1 %"
    elif nearest > percent and nearest in NOT_ROUNDED_UP_TO:
        shown = f"over {nearest - 1} %"
    else:
        shown = f"{nearest} %"
    return f"The payment sends {shown} of the payer's balance."


def payee_kind(attribute: Attribute, *, is_so: bool) -> str:
    """The payee is of a kind or not; without words for the kind, the prefix that tells it."""
    if attribute.label:
        return f"The payee is {'' if is_so else 'not '}{words_of(attribute)}."
    verb = "begins" if is_so else "does not begin"
    return f"The name of the payee {verb} with {_cut(attribute.prefix or '')}."


def compared(attribute: Attribute, *, is_higher: bool, peers: str) -> str:
    """A number beside the usual one."""
    side = "higher" if is_higher else "lower"
    return f"{_opening(attribute)} is {side} than usual for {peers}."


def other_than_usual(attribute: Attribute, peers: str) -> str:
    """A flag beside the usual one. Not "most payments": in most it may be missing."""
    return f"{_opening(attribute)} has another value than usual for {peers}."


def far_away(one: Attribute, other: Attribute, peers: str) -> str:
    """The distance of two places beside the usual one."""
    between = f"{words_of(one)} and {words_of(other)}"
    return f"The distance between {between} is longer than usual for {peers}."


def _opening(attribute: Attribute) -> str:
    """The words for an attribute at the beginning of a sentence."""
    words = words_of(attribute)
    return f"{words[:1].upper()}{words[1:]}"


def _cut(words: str) -> str:
    """Words of the data, at most `MOST_CHARACTERS` long."""
    is_short = len(words) <= MOST_CHARACTERS
    return words if is_short else f"{words[: MOST_CHARACTERS - 1].rstrip()}…"


def _clock(first: int, last: int) -> str:
    """The time from the beginning of one hour to the end of another."""
    return f"{first:02}:00 to {last + 1:02}:00"
