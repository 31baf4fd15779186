"""A replay finds no difference in outcomes and reviews, and every one that is planted."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from fraud_api_lambda.aws.table_errors import BusyError, CancelledError
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import KEPT_S
from fraud_api_lambda.records.seals import LATER
from tests.bundles import make_review_bundle
from tests.records.support import KEYS, NOW_S, Memory, ticking
from tests.training.memory.whole_table import (
    OneModel,
    close,
    pay,
    record_of,
    replayed,
    rewrite,
    tell,
    whole,
)
from training.memory.anchors import anchor, digests, leaf
from training.memory.replay import replay

BUNDLE: Final = make_review_bundle()
PAYMENTS: Final = 16
FRAUD, REVERSED, OPEN, CLOSED, APPROVED = "t9", "t10", "t11", "t13", "t40"
"""Payments: a fraud by the last of three words, one that was none after all, an open review and a
closed one, and a payment that was never for review.
"""


@pytest.fixture(scope="module")
def made() -> Memory:
    """An API with payments, outcomes and reviews, made once."""
    memory = Memory(data=BUNDLE, now=ticking())
    answers = [pay(memory, number) for number in range(PAYMENTS)]
    assert "review" in {each["decision"] for each in answers}
    tell(memory, FRAUD, "fraud", "analyst")
    tell(memory, FRAUD, "genuine", "customer")
    tell(memory, FRAUD, "fraud", "chargeback")
    tell(memory, REVERSED, "fraud")
    pay(memory, PAYMENTS)
    tell(memory, REVERSED, "genuine", "chargeback")
    close(memory, CLOSED, "fraud", "he said so")
    assert pay(memory, 40, amount=5.0, nameOrig="C6", nameDest="C7")["decision"] == "approve"
    return memory


@pytest.fixture
def memory(made: Memory) -> Iterator[Memory]:
    """The same for each test."""
    items = dict(made.table.items)
    yield made
    made.table.items.clear()
    made.table.items.update(items)


def changed(memory: Memory, number: str, name: str, change: Callable[[Any], Any]) -> None:
    """Change an attribute of a record, and seal it as somebody with the secret can."""
    item = record_of(memory, number)
    found = item.get(name)
    text = json.loads(found) if name in "oywkg" and found else found
    value = change(text)
    item[name] = value if isinstance(value, str) else json.dumps(value)
    rewrite(memory, {each: item[each] for each in item if item[each] != "null"})


def put(*path: Any) -> Callable[[Any], Any]:
    """A change of one value, whose path in a text is given before it."""

    def change(text: Any) -> Any:
        *way, last, value = path
        inner = text
        for each in way:
            inner = inner[each]
        inner[last] = value
        return text

    return change


def change_state(memory: Memory, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    key = f"A#{KEYS.account('payer', 'C1')}"
    rewrite(memory, change(dict(memory.table.items[key])))


def with_more_frauds(item: dict[str, Any]) -> dict[str, Any]:
    account = Account.unpack(item["s"])
    days = account.state.days._replace(frauds=tuple(each + 1 for each in account.state.days.frauds))
    return item | {"s": account._replace(state=account.state._replace(days=days)).pack()}


def strip(memory: Memory, number: str) -> None:
    """Remove what came later, which nobody needs the secret for."""
    item = record_of(memory, number)
    kept = {name: item[name] for name in item if name not in (*LATER, "u")}
    memory.table.items[item["pk"]] = kept


def forge_note(memory: Memory) -> None:
    item = record_of(memory, CLOSED)
    memory.table.items[item["pk"]] = item | {"w": item["w"].replace("he", "she")}


def give_grounds(memory: Memory) -> None:
    grounds = record_of(memory, FRAUD)["g"]
    changed(memory, APPROVED, "g", lambda _: grounds)


def give_closing(memory: Memory) -> None:
    closing = record_of(memory, CLOSED)["w"]
    changed(memory, APPROVED, "w", lambda _: closing)


def reopen(memory: Memory) -> None:
    changed(memory, FRAUD, "q", lambda _: "open")
    changed(memory, FRAUD, "l", lambda _: "000000000000001047")


DIFFERENCES: Final[dict[str, tuple[Callable[[Memory], None], str]]] = {
    "a change of a label twice": (
        lambda memory: changed(memory, FRAUD, "y", lambda text: [*text, text[-1]]),
        "{t9}: its label became the same twice in a row",
    ),
    "a change of a label left out": (
        lambda memory: changed(memory, FRAUD, "y", lambda text: text[:-1]),
        "{t9}: by the changes of its label it is none in the end, but not by its outcomes",
    ),
    "the latest changes of a label taken out": (
        lambda memory: changed(memory, FRAUD, "y", lambda text: text[:1]),
        r"account \S+: no record made version \d+, though its state is version",
    ),
    "another outcome": (
        lambda memory: changed(memory, FRAUD, "o", put("chargeback", 1, 0)),
        "{t9}: by the changes of its label it is a fraud in the end, but not by its outcomes",
    ),
    "changes of a label without an outcome": (
        lambda memory: changed(memory, REVERSED, "o", lambda _: "null"),
        "{t10}: its label changed without an outcome",
    ),
    "a change that is said not to have moved a state": (
        lambda memory: changed(memory, CLOSED, "y", put(0, 1, 0, 2, False)),
        "{t13}: it says that change 1 of its label did not move account {payer C1}, wrongly",
    ),
    "a change that is said to have left out an account": (
        lambda memory: changed(memory, CLOSED, "y", put(0, 1, 0, None)),
        "{t13}: change 1 of its label left out account {payer C1}, wrongly",
    ),
    "a change before the payment": (
        lambda memory: changed(memory, CLOSED, "y", put(0, 1, 0, 1, 2)),
        "{t13}: change 1 of its label came to account {payer C1} before the payment",
    ),
    "a change in another life of the account": (
        lambda memory: changed(memory, CLOSED, "y", put(0, 1, 0, 0, 7)),
        "{t13}: change 1 of its label came to account {payer C1} before the payment",
    ),
    "a change of an account that does not count the payment": (
        lambda memory: changed(memory, CLOSED, "y", put(0, 1, 2, [1795888804000, 3, False])),
        "{t13}: change 1 of its label came to account {payee C1} before the payment",
    ),
    "a change that does not name its accounts": (
        lambda memory: changed(memory, CLOSED, "y", put(0, 1, [None])),
        "{t13}: it cannot be read as a record",
    ),
    "known frauds of a state": (
        lambda memory: change_state(memory, with_more_frauds),
        "account {payer C1}: its state, .* is not what the records give: days",
    ),
    "the latest predictions of a state": (
        lambda memory: change_state(memory, lambda item: item | {"r": item["r"][:-16]}),
        "account {payer C1}: its state, .* is not what the records give: latest predictions",
    ),
    "the later part without the secret": (
        forge_note,
        "{t13}: its seal is wrong",
    ),
    "the later part removed": (
        lambda memory: strip(memory, FRAUD),
        r"account \S+: no record made version \d+, though its state is version",
    ),
    "a review removed from the queue": (
        lambda memory: strip(memory, OPEN),
        "{t11}: in the index of reviews it is nowhere, not under 'open' at 0",
    ),
    "the rank of a review": (
        lambda memory: changed(memory, OPEN, "l", lambda _: "000000000000099999"),
        r"{t11}: in the index of reviews it is under 'open' at 000000000000099999, not under",
    ),
    "a review that is open yet": (
        reopen,
        "{t9}: in the index of reviews it is under 'open' at 0.*, not nowhere",
    ),
    "a review of somebody else": (
        lambda memory: changed(memory, CLOSED, "q", lambda _: "by Eve"),
        "{t13}: in the index of reviews it is under 'by Eve' at 0.*, not under 'by Ada' at 0",
    ),
    "a review that was closed without a word": (
        lambda memory: changed(memory, CLOSED, "w", put("at", 1_795_888_823_000_000)),
        "{t13}: its review is closed, but its outcomes lack the analyst's word",
    ),
    "the amount of a record": (
        lambda memory: changed(memory, FRAUD, "k", put(1, 108.0)),
        "{t9}: its time and amount are 43200 s and 108, not 43200 s and 109 as in its facts",
    ),
    "the time of a record": (
        lambda memory: changed(memory, FRAUD, "k", put(0, 43_201)),
        "{t9}: its time and amount are 43201 s and 109, not 43200 s and 109 as in its facts",
    ),
    "the expected loss of a review": (
        lambda memory: changed(memory, FRAUD, "g", put("expected_loss", 1.0)),
        r"{t9}: as grounds of its review it has expected_loss 1\.0, not",
    ),
    "the explanation of a review": (
        lambda memory: changed(memory, FRAUD, "g", put("explanation", "base_value", 1.0)),
        r"{t9}: as grounds of its review it has explanation\.base_value 1\.0, not",
    ),
    "grounds of a payment that is not for review": (
        give_grounds,
        "{t40}: it has the grounds of a review, wrongly",
    ),
    "a closed review of a payment that was never for review": (
        give_closing,
        "{t40}: its review is closed, but it was never for review",
    ),
    "a review without grounds": (
        lambda memory: changed(memory, FRAUD, "g", lambda _: "null"),
        "{t9}: it lacks the grounds of a review, wrongly",
    ),
}


def in_words(words: str) -> str:
    """Words with ids in place of {number of a payment} and {kind account}."""

    def named(match: re.Match[str]) -> str:
        kind, _, account = match[1].partition(" ")
        return KEYS.account(kind, account) if account else f"prediction {KEYS.prediction(kind)}"

    return re.sub(r"\{([^}]+)\}", named, words)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_planted_difference_in_what_came_later_is_found(memory: Memory, name: str) -> None:
    plant, words = DIFFERENCES[name]
    plant(memory)

    told = "\n".join(replayed(memory, BUNDLE).lines())

    assert re.search(in_words(words), told), told


def test_outcomes_and_reviews_of_the_api_have_no_differences(memory: Memory) -> None:
    done = replayed(memory, BUNDLE)

    assert (done.differences, done.not_folded, done.changes) == (0, {}, 12), done.first
    assert done.records == done.answers == PAYMENTS + 2


def test_an_outcome_during_a_replay_makes_no_difference(memory: Memory) -> None:
    numbers = iter(range(PAYMENTS))
    table = whole(memory)
    table.before = lambda _: tell(memory, f"t{next(numbers, 0)}", "fraud", "chargeback")

    done = replay(table, OneModel(BUNDLE), lambda _: None, lambda: NOW_S, {})

    assert done.differences == 0, done.first
    assert next(numbers) > 4


def test_an_outcome_of_a_payment_that_counts_nowhere_moves_nothing(memory: Memory) -> None:
    """Because the histories could not be read, or changed too often."""
    memory.table.troubles.reads = [BusyError("throttled"), BusyError("throttled")]
    assert pay(memory, 20)["degraded"] == ["no_history"]
    memory.table.troubles.writes = [CancelledError("met", [False] * 3, [None] * 3)] * 3
    assert pay(memory, 21)["degraded"] == ["history_behind"]

    for number in (20, 21):
        tell(memory, f"t{number}", "fraud", "chargeback")

    done = replayed(memory, BUNDLE)
    assert (done.differences, done.changes) == (0, 12), done.first


def anchored(memory: Memory) -> dict[str, bytes]:
    """The anchors of the table as it is."""
    leaves = [leaf(item) for key, item in memory.table.items.items() if key.startswith("P#")]
    as_of = datetime.fromtimestamp(NOW_S, UTC)
    return {"anchors/fraud-table/2026-11-29.json": anchor("fraud-table", as_of, digests(leaves))}


def test_a_whole_account_put_back_with_its_records_is_found_by_the_anchor(memory: Memory) -> None:
    before = dict(memory.table.items)
    pay(memory, 30, nameOrig="C8", nameDest="C9")
    anchors = anchored(memory)
    memory.table.items.clear()
    memory.table.items.update(before)

    assert replayed(memory, BUNDLE).differences == 0
    (found,) = replayed(memory, BUNDLE, anchors).first
    assert str(found) == (
        "day 2026-11-28: it has 18 records, not the 19 of anchors/fraud-table/2026-11-29.json"
    )


def test_a_record_in_place_of_one_that_counts_nowhere_is_found_by_the_anchor(
    memory: Memory,
) -> None:
    memory.table.troubles.reads = [BusyError("throttled"), BusyError("throttled")]
    pay(memory, 30, nameOrig="C8", nameDest="C9")
    anchors = anchored(memory)
    assert replayed(memory, BUNDLE, anchors).differences == 0
    del memory.table.items[record_of(memory, "t30")["pk"]]
    memory.table.troubles.reads = [BusyError("throttled"), BusyError("throttled")]
    pay(memory, 31, nameOrig="C8", nameDest="C9")

    done = replayed(memory, BUNDLE, anchors)

    assert (done.days, [each.what for each in done.first]) == (
        1,
        ["its 19 records are not those of anchors/fraud-table/2026-11-29.json"],
    )


def test_an_anchor_that_cannot_be_read_is_a_difference(memory: Memory) -> None:
    (found,) = replayed(memory, BUNDLE, {"anchors/fraud-table/a.json": b"{}"}).first

    assert str(found) == "anchor anchors/fraud-table/a.json: it cannot be read"


def test_a_day_whose_records_begin_to_expire_is_not_compared(memory: Memory) -> None:
    anchors = anchored(memory)
    del memory.table.items[record_of(memory, "t0")["pk"]]
    nearly = NOW_S + KEPT_S - 2 * 86_400
    days = [
        replay(whole(memory), OneModel(BUNDLE), lambda _: None, lambda: now, anchors).days  # noqa: B023
        for now in (nearly, nearly + 86_400)
    ]

    assert days == [1, 0]
