"""Reasons: a closed list of true observations, the weightiest first."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.features import FEATURE_SETS, feature_row
from fraud_api_lambda.reasons import CODES, MAX_REASONS, Candidate, candidates, told
from fraud_api_lambda.transaction import Reason, Transaction, TransactionType
from tests.transactions import transaction, transactions

NAMES = FEATURE_SETS["decision-time"]
USUAL = transaction(amount=200.0, origin_balance=5_000.0, hour=11, destination="M1")
TYPICAL = {
    name: dict.fromkeys(map(str, TransactionType), value)
    for name, value in zip(NAMES, feature_row(USUAL, NAMES), strict=True)
}


def found(row: Transaction, **contributions: float) -> list[Candidate]:
    parts = [contributions.get(name, 0.0) for name in NAMES]
    return candidates(row, NAMES, feature_row(row, NAMES), parts, TYPICAL)


def reasons(row: Transaction, **contributions: float) -> tuple[Reason, ...]:
    """What is told where every candidate would lower the log-odds."""
    each = found(row, **contributions)
    return told(each, 1.0, [0.0] * len(each))


def codes(row: Transaction, **contributions: float) -> list[str]:
    return [reason.code for reason in reasons(row, **contributions)]


@pytest.mark.parametrize(
    ("code", "feature", "changes"),
    [
        ("EMPTIES_ACCOUNT", "share_leaving", {"amount": 990.0}),
        ("EMPTIES_ACCOUNT", "emptied", {"amount": 1_000.0}),
        ("EXCEEDS_BALANCE", "exceeds_balance", {"amount": 1_500.0}),
        ("NO_BALANCE", "balance_zero", {"origin_balance": 0.0}),
        ("LARGE_AMOUNT", "amount", {"amount": 200.0}),
        ("UNUSUALLY_SMALL_AMOUNT", "amount", {"amount": 199.0}),
        ("RISKY_TYPE", "type_TRANSFER", {}),
        ("UNUSUAL_HOUR", "hour", {}),
        ("PAYEE_KIND", "payee_is_merchant", {}),
        ("HIGH_BALANCE_AT_RISK", "balance", {"origin_balance": 9_000.0}),
        ("EMPTIES_ACCOUNT", "balance", {"origin_balance": 900.0}),
    ],
)
def test_each_feature_speaks_through_the_code_that_is_true_of_the_payment(
    code: str, feature: str, changes: dict[str, Any]
) -> None:
    assert codes(transaction(**changes), **{feature: 1.0}) == [code]


def test_contributions_are_summed_by_group_and_named_after_the_largest() -> None:
    (reason,) = reasons(transaction(amount=1_000.0), share_leaving=0.5, emptied=1.25)

    assert reason.code == "EMPTIES_ACCOUNT"
    assert reason.feature == "emptied"
    assert reason.value == 1.0
    assert reason.contribution == 1.75


def test_a_group_that_lowers_the_log_odds_is_no_reason() -> None:
    assert codes(transaction(), share_leaving=0.5, emptied=-0.75, hour=-1.0) == []


def test_the_three_weightiest_come_first_and_ties_keep_the_order_of_the_list() -> None:
    first = codes(transaction(), payee_is_merchant=1.0, hour=1.0, type_TRANSFER=0.5, amount=2.0)

    assert first == ["LARGE_AMOUNT", "UNUSUAL_HOUR", "PAYEE_KIND"]


def test_a_candidate_is_the_payment_with_one_group_as_usual() -> None:
    row = transaction(amount=1_000.0)

    (emptied,) = found(row, emptied=1.0)

    together = ("share_leaving", "emptied", "nearly_emptied", "exceeds_balance", "balance_zero")
    expected = [
        TYPICAL[name]["TRANSFER"] if name in (*together, "balance") else value
        for name, value in zip(NAMES, feature_row(row, NAMES), strict=True)
    ]
    assert emptied.as_usual == expected


@pytest.mark.parametrize("without", [1.0, 1.5])
def test_what_would_be_no_less_suspicious_as_usual_is_not_told(without: float) -> None:
    hour, amount = found(transaction(), hour=2.0, amount=1.0)

    assert told([hour, amount], 1.0, [without, 0.5]) == (amount.reason,)


@pytest.mark.parametrize(
    ("contributions", "expected"),
    [
        ({"type_TRANSFER": 2.0, "hour": 1.0}, ["UNUSUAL_HOUR"]),
        ({"hour": 2.0, "type_TRANSFER": 1.0}, ["UNUSUAL_HOUR", "RISKY_TYPE"]),
        ({"type_TRANSFER": 1.0}, ["RISKY_TYPE"]),
    ],
)
def test_the_type_is_told_after_what_is_about_this_payment_or_alone(
    contributions: dict[str, float], expected: list[str]
) -> None:
    each = found(transaction(), **contributions)

    # As usual for its own type, the type is as it was.
    usual = [1.0 if one.reason.code == "RISKY_TYPE" else 0.0 for one in each]
    assert [reason.code for reason in told(each, 1.0, usual)] == expected


@given(row=transactions(), parts=st.lists(st.floats(-5, 5), min_size=14, max_size=14))
def test_reasons_come_from_the_closed_list_with_positive_contributions(
    row: Transaction, parts: list[float]
) -> None:
    given = reasons(row, **dict(zip(NAMES, parts, strict=True)))

    assert len(given) <= MAX_REASONS
    assert all(reason.code in CODES and reason.contribution > 0 for reason in given)
    assert len({reason.code for reason in given}) == len(given)


@given(row=transactions(), parts=st.lists(st.floats(0.1, 5), min_size=14, max_size=14))
def test_no_text_names_an_account(row: Transaction, parts: list[float]) -> None:
    named = row._replace(origin="C-payer", destination="C-payee")

    for reason in reasons(named, **dict(zip(NAMES, parts, strict=True))):
        assert "C-pay" not in reason.text


@pytest.mark.parametrize(
    ("amount", "words"), [(370.0, "37 %"), (1_000.0, "100 %"), (999.0, "over 99 %")]
)
def test_the_share_that_leaves_is_told_in_words(amount: float, words: str) -> None:
    (reason,) = reasons(transaction(amount=amount), share_leaving=1.0)

    assert reason.text == f"The payment sends {words} of the payer's balance."
