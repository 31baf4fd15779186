"""Reasons of account histories: each code's claim holds in what the payment saw."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud_api_lambda.decisions.history_observations import CODES, DORMANT_AFTER_S, UNLIKE
from fraud_api_lambda.decisions.observations import Observed
from fraud_api_lambda.decisions.reasons import candidates
from fraud_api_lambda.decisions.typical import ALL, Hours, Typical
from fraud_api_lambda.domain.assessment import Reason
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.history.state import DAY_S
from fraud_api_lambda.history.view import NEVER_SEEN, History
from tests.transactions import LEARNED, PAYSIM, transaction

NAMES = ("payer", "payee", "received", "till_number")
SCHEMA = replace(PAYSIM, entities={"till_number": "till"})
PLAN = Plan(SCHEMA, replace(LEARNED, histories=NAMES), "history")
SOME = st.integers(0, 6)


class Case(NamedTuple):
    """A payment's histories, and a reason."""

    amount: float
    histories: dict[str, History]
    usual: dict[str, float]
    reason: Reason

    @property
    def account(self) -> str:
        return next(it.account for it in PLAN.features if it.name == self.reason.feature)

    @property
    def history(self) -> History:
        return self.histories[self.account]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Any history that an account can have."""
    windows = sorted(draw(st.lists(SOME, min_size=3, max_size=3)))
    matured = sorted(draw(st.lists(SOME, min_size=2, max_size=2)))
    last = draw(st.sampled_from((0, 5 * DAY_S, 30 * DAY_S, 45 * DAY_S)))
    numbers = [
        *windows,
        *(100 * count * draw(st.integers(1, 50)) for count in windows),
        last,
        draw(st.booleans()),
        *matured,
        *(min(count, draw(SOME)) for count in matured),
    ]
    seen = History._make([True, *numbers])
    return draw(st.sampled_from((seen, NEVER_SEEN)))


@st.composite
def cases(draw: st.DrawFn) -> list[Case]:
    amount = draw(st.sampled_from((0.0, 1.0, 25.0, 900.0)))
    seen = tuple(draw(histories()) for _ in NAMES)
    facts = transaction(amount=amount).facts._replace(histories=seen)
    usual = {name: float(draw(SOME)) for name in PLAN.names}
    typical = Typical({ALL: usual}, {ALL: Hours(8, 21)}, {})
    observed = Observed(facts, SCHEMA, typical, NAMES)
    weights = draw(st.lists(st.sampled_from((1.0, -1.0)), min_size=len(usual), max_size=len(usual)))
    found = candidates(observed, PLAN.features, PLAN.row(facts), weights)
    named = dict(zip(NAMES, seen, strict=True))
    reasons = [each.reason for each in found if each.reason.code in CODES]
    return [Case(amount, named, usual, reason) for reason in reasons]


def ratio(case: Case) -> float:
    return float(case.amount * 100 * case.history.count_30d / case.history.sum_30d)


def is_busy(case: Case) -> bool:
    window = next(it.number for it in PLAN.features if it.name == case.reason.feature)
    n = getattr(case.history, window)
    return bool(n >= 3 and n > case.usual[case.reason.feature])


CLAIMS: dict[str, Callable[[Case], Any]] = {
    "PAYEE_REPORTED": lambda it: it.account == "payee" and it.history.frauds_30d > 0,
    "PAYER_REPORTED": lambda it: it.account in {"payer", "received"} and it.history.frauds_30d > 0,
    "ENTITY_REPORTED": lambda it: it.account == "till_number" and it.history.frauds_30d > 0,
    "PASS_THROUGH": lambda it: it.account == "received" and it.history.count_24h > 0,
    "PAYEE_COLLECTS": lambda it: it.account == "payee" and is_busy(it),
    "PAYER_BURST": lambda it: it.account == "payer" and is_busy(it),
    "ENTITY_BURST": lambda it: it.account == "till_number" and is_busy(it),
    "UNLIKE_OWN_HISTORY": lambda it: not 1 / UNLIKE < ratio(it) < UNLIKE,
    "DORMANT_ACCOUNT": lambda it: it.history.seen and it.history.since_last_s >= DORMANT_AFTER_S,
    "NEW_PAYEE": lambda it: it.account == "payer" and it.history.new_partner,
}


@given(found=cases())
@settings(max_examples=400)
def test_the_claim_of_a_code_holds_in_the_history(found: list[Case]) -> None:
    for case in found:
        assert CLAIMS[case.reason.code](case), case.reason
        assert case.reason.value == case.reason.value  # no NaN on the wire


BUSY = NEVER_SEEN._replace(seen=True, count_24h=5, count_30d=5)
REPORTED = BUSY._replace(matured_30d=3, frauds_30d=2)
SAYS: dict[str, tuple[str, History]] = {
    "PAYEE_REPORTED": ("payee", REPORTED),
    "PAYER_REPORTED": ("payer", REPORTED),
    "ENTITY_REPORTED": ("till_number", REPORTED),
    "PASS_THROUGH": ("received", BUSY),
    "PAYEE_COLLECTS": ("payee", BUSY),
    "PAYER_BURST": ("payer", BUSY),
    "ENTITY_BURST": ("till_number", BUSY),
    "UNLIKE_OWN_HISTORY": ("payer", BUSY._replace(sum_30d=500)),
    "DORMANT_ACCOUNT": ("payer", NEVER_SEEN._replace(seen=True, since_last_s=45 * DAY_S)),
    "NEW_PAYEE": ("payer", NEVER_SEEN),
}
TEXTS = {
    "PAYEE_REPORTED": "At least 2 earlier payments to this payee were reported as fraud.",
    "PAYER_REPORTED": "At least 2 earlier payments of this payer were reported as fraud.",
    "ENTITY_REPORTED": "At least 2 earlier payments with this till number were reported as fraud.",
    "PASS_THROUGH": "The payer received at least 5 payments in the 24 hours before this one.",
    "PAYEE_COLLECTS": "The payee received at least 5 payments in the 24 hours before this one.",
    "PAYER_BURST": "The payer made at least 5 payments in the 24 hours before this one.",
    "ENTITY_BURST": "The till number had at least 5 payments in the 24 hours before this one.",
    "UNLIKE_OWN_HISTORY": "The amount is 9.0 times the mean of the payer's payments in 30 days.",
    "DORMANT_ACCOUNT": "The payer had no payment for 45 days before this one.",
    "NEW_PAYEE": "On record, the payer has not paid this payee before, or has paid 16 others as recently.",  # noqa: E501
}


def said(account: str, history: History) -> dict[str, str]:
    """The codes and texts of a payment of 9.00 that sees one history."""
    seen = tuple(history if name == account else NEVER_SEEN for name in NAMES)
    facts = transaction(amount=9.0).facts._replace(histories=seen)
    typical = Typical({ALL: dict.fromkeys(PLAN.names, 1.0)}, {ALL: Hours(8, 21)}, {})
    observed = Observed(facts, SCHEMA, typical, NAMES)
    weights = [float(it.number != "count_30d") for it in PLAN.features]
    found = candidates(observed, PLAN.features, PLAN.row(facts), weights)
    return {it.reason.code: it.reason.text for it in found}


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_said_in_plain_words(code: str) -> None:
    assert said(*SAYS[code])[code] == TEXTS[code]


def test_one_reported_payment_is_told_as_one() -> None:
    once = REPORTED._replace(frauds_30d=1)

    text = said("payee", once)["PAYEE_REPORTED"]

    assert text == "At least 1 earlier payment to this payee was reported as fraud."


def test_a_model_without_histories_says_none_of_these_codes() -> None:
    schema: Schema = PAYSIM
    plan = Plan(schema, LEARNED, "decision-time")

    assert not [it for it in plan.features if it.account]
