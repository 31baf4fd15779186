"""Reasons: true observations from a closed list, the weightiest first."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, assume, find, given, settings
from hypothesis import strategies as st

from fraud_api_lambda.decisions.history_observations import CODES as OF_HISTORIES
from fraud_api_lambda.decisions.observations import Observed
from fraud_api_lambda.decisions.reasons import (
    CODES,
    MAX_REASONS,
    Candidate,
    candidates,
    choose,
    high_expected_loss,
    low_expected_loss,
)
from fraud_api_lambda.decisions.typical import ALL, Hours, Typical
from fraud_api_lambda.domain.assessment import Reason
from fraud_api_lambda.domain.payment import Facts, Payment
from tests.transactions import (
    CENTS,
    MONEY,
    PAYSIM,
    PLAN,
    READER,
    TYPES,
    bodies,
    transaction,
    transactions,
)

NAMES = PLAN.names
GROUPS = (ALL, *TYPES)
USUAL = transaction(amount=200.0, oldbalanceOrg=5_000.0, step=11, nameDest="M1")


def valued(payment: Payment) -> dict[str, float]:
    """The features of a payment by name."""
    return dict(zip(NAMES, map(float, PLAN.row(payment.facts)), strict=True))


TYPICAL = Typical(
    dict.fromkeys(GROUPS, valued(USUAL)),
    dict.fromkeys(GROUPS, Hours(8, 13)),
    {"type": frozenset({"TRANSFER"})},
)
"""The plain transfer is at 14:00: later than usual."""


class Case(NamedTuple):
    """A payment, what is typical, and what each feature added to the log-odds."""

    transaction: Payment
    typical: Typical
    contributions: list[float]

    def candidates(self) -> list[Candidate]:
        observed = Observed(self.facts, PAYSIM, self.typical)
        return candidates(observed, PLAN.features, PLAN.row(self.facts), self.contributions)

    @property
    def facts(self) -> Facts:
        return self.transaction.facts

    @property
    def type(self) -> str:
        return str(self.facts.attributes[0])

    def usual(self, name: str) -> float:
        return self.typical.values[self.type][name]


@st.composite
def cases(draw: st.DrawFn, payments: st.SearchStrategy[Payment] | None = None) -> Case:
    """Any payment and any model; what is typical is often just what the payment has."""
    payment = draw(transactions() if payments is None else payments)
    own = valued(payment)
    hour = st.integers(0, 23)
    other = {name: draw(st.just(own[name]) | MONEY | CENTS) for name in ("amount", "balance")}
    typical = Typical(
        dict.fromkeys(GROUPS, own | other),
        dict.fromkeys(GROUPS, draw(st.builds(Hours, hour, hour))),
        {"type": frozenset(draw(st.sets(st.sampled_from(TYPES))))},
    )
    size = len(NAMES)
    return Case(payment, typical, draw(st.lists(st.floats(-1, 5), min_size=size, max_size=size)))


def found(row: Payment, **contributions: float) -> list[Candidate]:
    return Case(row, TYPICAL, [contributions.get(name, 0.0) for name in NAMES]).candidates()


def reasons(row: Payment, **contributions: float) -> tuple[Reason, ...]:
    """The reasons where every candidate would lower the log-odds."""
    possible = found(row, **contributions)
    return choose(possible, 1.0, [0.0] * len(possible))


def codes(row: Payment, **contributions: float) -> list[str]:
    return [reason.code for reason in reasons(row, **contributions)]


def is_emptied(case: Case) -> bool:
    row = valued(case.transaction)
    whole = row["emptied"] or row["nearly_emptied"]
    return row["share_leaving"] >= 0.95 and not row["exceeds_balance"] and bool(whole)


def is_share(case: Case) -> bool:
    amount, balance = float(case.facts.amount), float(case.facts.balance)
    if case.type == "CASH_IN":
        return 0 < balance < case.usual("balance")
    return balance > 0 and amount / balance < 0.95


def is_unusual_hour(case: Case) -> bool:
    usual = case.typical.hours[case.type]
    return case.facts.hour not in [
        (usual.first + hours) % 24 for hours in range((usual.last - usual.first) % 24 + 1)
    ]


CLAIMS: dict[str, Callable[[Case], bool]] = {
    "EMPTIES_ACCOUNT": is_emptied,
    "SHARE_OF_BALANCE": is_share,
    "EXCEEDS_BALANCE": lambda case: (
        case.facts.amount > case.facts.balance > 0 and case.type != "CASH_IN"
    ),
    "NO_BALANCE": lambda case: case.facts.balance == 0,
    "LARGE_AMOUNT": lambda case: case.facts.amount > case.usual("amount"),
    "UNUSUALLY_SMALL_AMOUNT": lambda case: case.facts.amount < case.usual("amount"),
    "UNUSUAL_HOUR": is_unusual_hour,
    "PAYEE_KIND": lambda case: case.facts.attributes[1] in (False, True),
    "HIGH_BALANCE_AT_RISK": lambda case: case.facts.balance > case.usual("balance"),
    "RISKY_TYPE": lambda case: case.type in case.typical.risky["type"],
}
"""What each code claims of a payment; which kind of payee it is, the text says."""

OF_THE_POLICY = ("LOW_EXPECTED_LOSS", "HIGH_EXPECTED_LOSS")
"""Tested with a policy, in `test_scoring`."""

OF_OTHER_COLUMNS = ("RISKY_VALUE", "UNUSUAL_VALUE", "FAR_AWAY")
"""Of columns that PaySim has not, in `test_own_reasons`."""


def test_every_code_has_a_claim() -> None:
    assert {*CLAIMS, *OF_OTHER_COLUMNS, *OF_THE_POLICY} == set(CODES) - set(OF_HISTORIES)


@pytest.mark.parametrize("code", CLAIMS)
@given(case=cases())
def test_the_claim_of_a_code_holds_in_the_payment(code: str, case: Case) -> None:
    if code in [candidate.reason.code for candidate in case.candidates()]:
        assert CLAIMS[code](case)


@pytest.mark.parametrize("code", CLAIMS)
def test_the_payments_of_these_tests_reach_every_code(code: str) -> None:
    def is_reached(case: Case) -> bool:
        return code in [candidate.reason.code for candidate in case.candidates()]

    find(cases(), is_reached, settings=settings(max_examples=500, phases=[Phase.generate]))


@given(case=cases())
def test_an_outgoing_payment_that_sends_nearly_all_is_said_to_empty_the_account(case: Case) -> None:
    given = {candidate.reason.code for candidate in case.candidates()}

    assume(given & {"EMPTIES_ACCOUNT", "SHARE_OF_BALANCE", "EXCEEDS_BALANCE", "NO_BALANCE"})
    assert ("EMPTIES_ACCOUNT" in given) == is_emptied(case)


@given(case=cases(bodies().map(lambda sent: READER.payment({**sent, "type": "CASH_IN"}))))
def test_money_that_comes_in_is_never_said_to_be_sent(case: Case) -> None:
    for candidate in case.candidates():
        assert candidate.reason.code not in ("EMPTIES_ACCOUNT", "EXCEEDS_BALANCE")
        assert "send" not in candidate.reason.text


def test_of_money_that_comes_in_the_balance_is_told() -> None:
    (reason,) = reasons(transaction(type="CASH_IN", amount=900.0), balance=1.0, share_leaving=0.5)

    assert (reason.code, reason.contribution) == ("SHARE_OF_BALANCE", 1.5)
    assert reason.text == "The payer's balance is lower than usual for payments of type cash in."


@pytest.mark.parametrize(
    ("code", "feature", "changes"),
    [
        ("EMPTIES_ACCOUNT", "share_leaving", {"amount": 950.0}),
        ("EMPTIES_ACCOUNT", "share_leaving", {"amount": 999.99}),
        ("EMPTIES_ACCOUNT", "emptied", {"amount": 1_000.0}),
        ("EMPTIES_ACCOUNT", "emptied", {"amount": 1_000.004}),
        ("SHARE_OF_BALANCE", "share_leaving", {"amount": 949.99}),
        ("SHARE_OF_BALANCE", "share_leaving", {"amount": 0.0}),
        ("SHARE_OF_BALANCE", "emptied", {"amount": 0.0, "oldbalanceOrg": 0.004}),
        ("SHARE_OF_BALANCE", "balance", {"oldbalanceOrg": 900.0}),
        ("EXCEEDS_BALANCE", "exceeds_balance", {"amount": 1_000.01}),
        ("EXCEEDS_BALANCE", "share_leaving", {"oldbalanceOrg": 1e-300}),
        ("NO_BALANCE", "balance_zero", {"oldbalanceOrg": 0.0}),
        ("NO_BALANCE", "balance", {"oldbalanceOrg": 0.0, "type": "CASH_IN"}),
        ("LARGE_AMOUNT", "amount", {"amount": 200.01}),
        ("UNUSUALLY_SMALL_AMOUNT", "amount", {"amount": 199.99}),
        ("RISKY_TYPE", "type_TRANSFER", {}),
        ("UNUSUAL_HOUR", "hour", {}),
        ("PAYEE_KIND", "payee_is_merchant", {}),
        ("HIGH_BALANCE_AT_RISK", "balance", {"oldbalanceOrg": 5_000.01}),
    ],
)
def test_each_feature_speaks_through_the_code_that_is_true_of_the_payment(
    code: str, feature: str, changes: dict[str, Any]
) -> None:
    assert codes(transaction(**changes), **{feature: 1.0}) == [code]


@pytest.mark.parametrize(
    ("feature", "changes"),
    [
        ("amount", {"amount": 200.0}),
        ("hour", {"step": 8}),
        ("hour", {"step": 13}),
        ("balance", {"oldbalanceOrg": 5_000.0, "type": "CASH_IN"}),
        ("type_DEBIT", {"type": "DEBIT"}),
    ],
)
def test_a_feature_that_is_as_usual_is_no_reason(feature: str, changes: dict[str, Any]) -> None:
    assert codes(transaction(**changes), **{feature: 1.0}) == []


def test_contributions_are_summed_by_group_and_named_after_the_largest() -> None:
    (reason,) = reasons(transaction(amount=1_000.0), share_leaving=0.5, emptied=1.25)

    assert reason.code == "EMPTIES_ACCOUNT"
    assert reason.feature == "emptied"
    assert reason.value == 1.0
    assert reason.contribution == 1.75


def test_a_group_that_lowers_the_log_odds_is_no_reason() -> None:
    assert codes(transaction(), share_leaving=0.5, emptied=-0.75, hour=-1.0) == []


def test_the_three_weightiest_come_first_and_ties_keep_the_order_of_the_list() -> None:
    first = codes(transaction(), payee_is_merchant=1.0, hour=1.0, share_leaving=0.5, amount=2.0)

    assert first == ["LARGE_AMOUNT", "UNUSUAL_HOUR", "PAYEE_KIND"]


def test_a_candidate_is_the_payment_with_one_group_as_usual() -> None:
    row = transaction(amount=1_000.0)

    (emptied,) = found(row, emptied=1.0)

    together = ("share_leaving", "emptied", "nearly_emptied", "exceeds_balance", "balance_zero")
    expected = [
        valued(USUAL)[name] if name in (*together, "balance") else value
        for name, value in valued(row).items()
    ]
    assert emptied.as_usual == expected


@pytest.mark.parametrize("as_usual", [1.0, 1.5])
def test_a_candidate_that_would_be_as_suspicious_if_usual_is_no_reason(as_usual: float) -> None:
    hour, amount = found(transaction(), hour=2.0, amount=1.0)

    assert choose([hour, amount], 1.0, [as_usual, 0.5]) == (amount.reason,)


@pytest.mark.parametrize(
    ("contributions", "expected"),
    [
        ({"type_TRANSFER": 2.0, "hour": 1.0}, ["UNUSUAL_HOUR", "RISKY_TYPE"]),
        ({"hour": 2.0, "type_TRANSFER": 1.0}, ["UNUSUAL_HOUR", "RISKY_TYPE"]),
        ({"type_TRANSFER": 1.0}, ["RISKY_TYPE"]),
        (
            {"type_TRANSFER": 4.0, "hour": 3.0, "amount": 2.0, "payee_is_merchant": 1.0},
            ["UNUSUAL_HOUR", "LARGE_AMOUNT", "RISKY_TYPE"],
        ),
        (
            {"type_TRANSFER": 1.0, "hour": 4.0, "amount": 3.0, "payee_is_merchant": 2.0},
            ["UNUSUAL_HOUR", "LARGE_AMOUNT", "PAYEE_KIND"],
        ),
    ],
)
def test_the_type_is_told_last_if_it_is_among_the_three_weightiest(
    contributions: dict[str, float], expected: list[str]
) -> None:
    possible = found(transaction(), **contributions)

    # The type has no typical value, so its row is as it was.
    as_usual = [1.0 if one.reason.code == "RISKY_TYPE" else 0.0 for one in possible]
    assert [reason.code for reason in choose(possible, 1.0, as_usual)] == expected


@given(case=cases())
def test_up_to_three_reasons_have_different_codes_and_positive_contributions(case: Case) -> None:
    possible = case.candidates()

    given = choose(possible, 1.0, [0.0] * len(possible))

    assert len(given) <= MAX_REASONS
    assert all(reason.code in CODES and reason.contribution > 0 for reason in given)
    assert len({reason.code for reason in given}) == len(given)
    assert "RISKY_TYPE" not in [reason.code for reason in given[:-1]]


@given(
    case=cases(
        bodies().map(lambda sent: READER.payment({**sent, "nameOrig": "C-one", "nameDest": "C-2"}))
    )
)
def test_no_text_names_an_account_or_runs_long(case: Case) -> None:
    for candidate in case.candidates():
        assert "C-" not in candidate.reason.text
        assert len(candidate.reason.text) <= 120


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0.0, "0 %"),
        (0.01, "under 1 %"),
        (5.01, "1 %"),
        (370.0, "37 %"),
        (944.0, "94 %"),
        (949.0, "over 94 %"),
        (950.0, "95 %"),
        (994.0, "99 %"),
        (999.0, "over 99 %"),
        (999.999, "over 99 %"),
        (1_000.0, "100 %"),
        (1_000.004, "100 %"),
    ],
)
def test_the_share_that_is_sent_is_told_in_words(amount: float, words: str) -> None:
    (reason,) = reasons(transaction(amount=amount), share_leaving=1.0)

    assert reason.text == f"The payment sends {words} of the payer's balance."


@pytest.mark.parametrize(
    ("amount", "balance", "words"), [(0.006, 0.002, "100 %"), (5e-324, 2.0, "under 1 %")]
)
def test_the_share_of_tiny_values_is_neither_more_than_all_nor_nothing(
    amount: float, balance: float, words: str
) -> None:
    (reason,) = reasons(transaction(amount=amount, oldbalanceOrg=balance), share_leaving=1.0)

    assert reason.text == f"The payment sends {words} of the payer's balance."


@given(case=cases())
def test_a_percentage_is_true_of_the_payment(case: Case) -> None:
    payment = case.facts
    for candidate in case.candidates():
        text = re.search(r"sends (|under |over )(\d+) %", candidate.reason.text)
        if text is not None:
            word, number = text[1], int(text[2])
            percent = 100 * min(payment.amount / payment.balance, 1.0)
            nearest = abs(number - percent) <= 0.5
            assert {"under ": percent < number, "over ": percent > number, "": nearest}[word]
            assert not word or abs(number - percent) <= 1
            assert (number == 100) <= (percent == 100)
            assert (number == 0) <= (payment.amount == 0)


@pytest.mark.parametrize(("payee", "words"), [("M1", "a merchant"), ("C1", "not a merchant")])
def test_the_kind_of_the_payee_is_in_the_text(payee: str, words: str) -> None:
    (reason,) = reasons(transaction(nameDest=payee), payee_is_merchant=1.0)

    assert reason.text == f"The payee is {words}."


@pytest.mark.parametrize(
    ("hour", "usual", "words"),
    [
        (3, Hours(8, 21), ("03:00 to 04:00", "08:00 to 22:00")),
        (23, Hours(9, 22), ("23:00 to 24:00", "09:00 to 23:00")),
        (12, Hours(20, 5), ("12:00 to 13:00", "20:00 to 06:00")),
    ],
)
def test_an_hour_is_told_beside_the_usual_ones(
    hour: int, usual: Hours, words: tuple[str, str]
) -> None:
    typical = Typical(TYPICAL.values, dict.fromkeys(GROUPS, usual), {})
    hourly = [float(name == "hour") for name in NAMES]

    (candidate,) = Case(transaction(step=hour), typical, hourly).candidates()

    assert candidate.reason.text == (
        f"The hour is {words[0]}; payments of type transfer are usually made from {words[1]}."
    )


def test_a_reason_of_the_policy_moved_no_log_odds() -> None:
    for reason in (low_expected_loss(3.0), high_expected_loss(3.0)):
        assert (reason.feature, reason.value, reason.contribution) == ("amount", 3.0, 0.0)
