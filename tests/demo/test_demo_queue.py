"""The rules of the queue's page: filter, download, pictures and words."""

import csv
import re
from typing import Any

import pytest

from console.plots.accounts import counts
from console.plots.waterfall import steps
from console.reviews.accounts import others
from console.reviews.queue import Filter, codes_of, following
from console.reviews.sheet import as_csv, inert
from console.reviews.tally import Tally
from console.reviews.when import before, moment, zone_of
from console.words import literal, strength
from tests.demo.fake_queue import account, review


@pytest.mark.parametrize(
    ("chosen", "passes"),
    [
        (Filter(), True),
        (Filter(text=" CASH out "), True),
        (Filter(text="bbbb"), True),
        (Filter(text="larger than USUAL"), True),
        (Filter(text="somebody else"), False),
        (Filter(reasons=("LARGE_AMOUNT", "NEW_PAYEE")), True),
        (Filter(reasons=("NEW_PAYEE",)), False),
        (Filter(least=2_000.0, most=2_000.0), True),
        (Filter(least=2_000.01), False),
        (Filter(most=1_999.99), False),
        (Filter(probability=0.05), True),
        (Filter(probability=0.06), False),
    ],
)
def test_a_filter_lets_a_review_pass_if_all_of_it_agrees(chosen: Filter, passes: bool) -> None:
    assert chosen.passes(review(2)) is passes


def test_the_reasons_to_choose_from_are_those_of_the_queue_the_commonest_first() -> None:
    rare = {"code": "NEW_PAYEE", "text": "New."}
    reviews = [review(1), review(2), review(3, reasons=[rare])]

    assert codes_of(reviews) == {"LARGE_AMOUNT": "Large amount", "NEW_PAYEE": "New payee"}


def test_what_comes_next_was_not_skipped() -> None:
    reviews = [review(3), review(2)]
    names = [each["prediction_id"] for each in reviews]

    assert following(reviews, []) == names[0]
    assert following(reviews, names[:1]) == names[1]
    assert following(reviews, names) is None


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(content.decode().splitlines()))


def test_the_download_has_a_row_for_each_review_with_its_facts() -> None:
    first, second = rows(as_csv([review(2), review(1, facts={"channel": "online"})]))

    assert (first["amount"], first["currency"], first["type"]) == ("2000.0", "TZS", "CASH_OUT")
    assert (first["payee"], first["channel"]) == ("b" * 32, "")
    assert (second["channel"], second["reasons"]) == ("online", "The amount is larger than usual.")


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1"]
)
def test_no_cell_of_the_download_is_a_formula(cell: str) -> None:
    told = review(
        1,
        currency=cell,
        facts={cell: cell},
        accounts={"payer": cell, "payee": None},
        reasons=[{"code": "X", "text": cell}],
    )
    content = as_csv([told]).decode()

    parsed = list(csv.reader(content.splitlines(keepends=True)))
    cells = [each for line in parsed for each in line if each.strip()]
    assert inert(cell) == f"'{cell}"
    assert not [each for each in cells if each.lstrip(" \t\r\n").startswith(tuple("=+-@\uff1d"))]


def test_a_negative_number_stays_a_number() -> None:
    assert inert(-12.5) == -12.5
    assert rows(as_csv([review(1, facts={"shop_lat": -33.9})]))[0]["shop_lat"] == "-33.9"


def closed(label: str | None, source: str = "chargeback") -> dict[str, Any]:
    told = label and {"label": label, "source": source, "at": "2026-11-28T14:05:09Z"}
    return review(1, label=told, closed={"by": "Ana", "label": "fraud", "at": "", "note": None})


def test_an_analysts_own_word_is_no_outcome() -> None:
    reviews = [closed("fraud", "analyst"), closed(None), closed("fraud"), closed("genuine")]
    tally = Tally.of([*reviews, closed("genuine", "customer")])

    assert tally == Tally(right=1, wrong=2, open=2)
    assert (tally.known, tally.reviewed) == (3, 5)


def test_known_frauds_of_a_day_are_told_apart_from_its_other_payments() -> None:
    found = counts([{"days_ago": 3, "count": 5, "amount": 10.0, "frauds": 2}])

    assert [(each["day"], each["kind"], each["count"]) for each in found] == [
        (-3, "other", 3),
        (-3, "known fraud", 2),
    ]


def test_a_decision_on_two_accounts_of_a_payment_is_listed_once() -> None:
    shared = account("a")["decisions"]
    histories = {"payer": account("a"), "payee": account("b") | {"decisions": shared}, "till": None}

    ((decision, roles),) = others(review(1, histories=histories))

    assert decision["prediction_id"] == "a-earlier"
    assert roles == ["payer", "payee"]


@pytest.mark.parametrize(
    ("added", "words"),
    [
        (2.5, "raises it strongly"),
        (-0.5, "lowers it clearly"),
        (0.05, "raises it slightly"),
        (-0.049, "hardly matters"),
    ],
)
def test_a_contribution_has_words_for_its_strength(added: float, words: str) -> None:
    assert strength(added).replace("\N{NO-BREAK SPACE}", " ") == words


def test_the_waterfall_has_no_log_odds_in_words_and_ends_at_the_probability() -> None:
    explanation = {"base_value": -6.25, "margin": -3.75, "contributions": {"amount": 2.5}}

    words = [each["text"] for each in steps(explanation, {}, "5 %", in_words=True)]
    numbers = [each["text"] for each in steps(explanation, {}, "5 %", in_words=False)]

    assert words == ["", strength(2.5), "5 %"]
    assert numbers == ["-6.25", "+2.50", "-3.75"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "at the same time"),
        (59, "59 seconds before"),
        (3_600, "1 hour before"),
        (200_000, "2 days before"),
    ],
)
def test_how_long_before_is_told_in_the_largest_unit(seconds: int, words: str) -> None:
    assert before(seconds) == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [("Europe/Paris", "1 Jan 2020, 00:30"), (None, "31 Dec 2019, 23:30"), ("No/Where", "31 Dec")],
)
def test_a_moment_is_told_on_the_clock_of_the_browser(zone: str | None, words: str) -> None:
    assert moment("2019-12-31T23:30:00.000Z", zone_of(zone)).startswith(words)


def test_a_text_of_somebody_else_brings_no_markup() -> None:
    text = "![x](http://example.org/y) :red[**a**] `b` $c$ <i>"

    shown = literal(text)

    assert not re.search(r"(?<!\\)[!\[\]:*`$<>]", shown)
    assert shown.replace("\\", "") == text
