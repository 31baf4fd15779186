"""The API's numbers and names, as shown to people."""

import re
from collections.abc import Mapping
from typing import Final

from console.connection import Answer

FEATURES: Final = {
    "amount": "Amount",
    "hour": "Hour of day",
    "balance": "Balance before",
    "share_leaving": "Share sent",
    "emptied": "Empties account",
    "nearly_emptied": "Nearly empties",
    "exceeds_balance": "Exceeds balance",
    "balance_zero": "Balance is 0",
}
"""Labels of the features of roles."""

LIMITS: Final = {
    "no_history": "It was given without the histories of the accounts, by a second model.",
    "history_behind": "It is recorded, but the histories of its accounts lack this payment.",
    "unrecorded": "It could not be recorded, so the histories of its accounts lack this payment.",
    "stale_model": "A newer model may have been promoted; the check for one took too long.",
}
"""What limits an answer, by the API's name for it."""

HISTORIES: Final = {
    "payer": "Payer's history",
    "payee": "Payee's history",
    "received": "Payer's receipts",
}
"""Labels of the histories of roles."""

_NUMBER: Final = re.compile(
    "_(count|mean|amount_ratio|since_last|fraud_share|new_partner)(_[0-9]*[a-z])?$"
)
"""What follows the account in the name of a feature."""

_MARKUP: Final = re.compile(r"[\\`*_\[\]<>$~:|!#&]")

YOUR_LEDGER: Final = "Your ledger decides whether such a payment is possible."

BEYOND_BALANCE: Final = (
    "Frauds in the training data never exceed the balance, so above it the probability may fall. "
    f"{YOUR_LEDGER}"
)

NBSP: Final = "\N{NO-BREAK SPACE}"

SHORTEST_WORD: Final = 4
"""Capitals of a shorter value are an abbreviation, such as GB, and stay."""

YES_AND_NO: Final = {"0": "No", "1": "Yes"}


DEGREES: Final = ((2.0, "strongly"), (0.5, "clearly"), (0.05, "slightly"))
"""Words for a contribution of at least so much: 2 multiplies the odds by seven."""


def sentence(words: str) -> str:
    """Words with a capital first letter."""
    return words[:1].upper() + words[1:]


def literal(text: str) -> str:
    """A text of somebody else as Markdown that shows it as it is: without links, images or code."""
    return _MARKUP.sub(r"\\\g<0>", text)


def value_in_words(value: str) -> str:
    """The value of a category as words: CASH_OUT as "Cash out"."""
    shouts = value.isupper() and len(value) >= SHORTEST_WORD
    return sentence((value.lower() if shouts else value).replace("_", " "))


def values_in_words(values: tuple[str, ...]) -> dict[str, str]:
    """The words for the values of a category or a flag; each value has its own."""
    if set(values) == YES_AND_NO.keys():
        return dict(YES_AND_NO)
    words = {value: value_in_words(value) for value in values}
    return words if len(set(words.values())) == len(values) else {value: value for value in values}


def features_in_words(model: Answer, own: Mapping[str, str]) -> dict[str, str]:
    """The label of each feature; the features of one category share theirs.

    Parameters
    ----------
    model : dict
        The answer of GET /model.
    own : dict of str to str
        Labels of attributes to use in place of the schema's.
    """
    labels: dict[str, str] = {}
    for told in model["schema"]["fields"]:
        if told["attribute"]:
            labels.setdefault(told["attribute"], sentence(told["label"]))
    labels |= own
    return {each["feature"]: _feature(each, labels) for each in model["inputs"]}


def _feature(told: Answer, labels: Mapping[str, str]) -> str:
    name, attribute = str(told["feature"]), str(told["attribute"])
    label = labels.get(attribute) or value_in_words(attribute)
    match told["measure"]:
        case "distance":
            other = name.removeprefix(f"{attribute}_").removesuffix("_km")
            return f"{label} to {labels.get(other, other).lower()}, km"
        case "coordinate":
            return f"{label}, {name.rpartition('_')[2]}"
        case "history":
            return _history(name)
    return label if attribute else FEATURES.get(name, name)


def account_of(feature: str) -> str:
    """The account in the name of a feature of its history."""
    return _NUMBER.sub("", feature)


def _history(feature: str) -> str:
    """The label of all features of an account's history."""
    account = account_of(feature)
    return HISTORIES.get(account) or f"History of {value_in_words(account).lower()}"


def limit_in_words(limit: str) -> str:
    """What a value of `degraded` says of an answer."""
    kind, _, name = limit.partition(":")
    if kind == "unseen":
        known = value_in_words(name).lower()
        return f"The training data has no payments, or only a few, with this {known}."
    return LIMITS.get(limit, limit)


def strength(added: float) -> str:
    """How strongly a contribution to the log-odds raises or lowers the probability."""
    degree = next((words for least, words in DEGREES if abs(added) >= least), "")
    if not degree:
        return "hardly matters"
    return f"{'raises' if added > 0 else 'lowers'} it{NBSP}{degree}"


def percent(share: float) -> str:
    """A share in percent with three significant digits; rounding never gives 0 % or 100 %."""
    value = 100 * share
    if 99.95 <= value < 100:
        return f"over 99.9{NBSP}%"
    if 0 < value < 0.0001:
        return f"under 0.0001{NBSP}%"
    return f"{_plain(value)}{NBSP}%"


def _plain(value: float) -> str:
    text = f"{value:.3g}"
    return f"{value:.6f}".rstrip("0").rstrip(".") if "e" in text else text
