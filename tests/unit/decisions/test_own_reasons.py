"""Reasons for columns of one's own: each true of the payment beside its peer group."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from fraud_api_lambda.decisions.history_observations import CODES as OF_HISTORIES
from fraud_api_lambda.decisions.observations import Observed
from fraud_api_lambda.decisions.reasons import CODES, Candidate, candidates, choose
from fraud_api_lambda.decisions.typical import ALL, Hours, Typical
from fraud_api_lambda.domain.assessment import Reason
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.domain.schema import Attribute, Kind, Schema
from fraud_api_lambda.features.plan import Plan
from tests.schemas import CARDS, Own, card_payment, own_columns, payments_of
from tests.transactions import LEARNED, PAYSIM


class Case(NamedTuple):
    """A payment, what is typical, and what each feature added to the log-odds."""

    plan: Plan
    facts: Facts
    typical: Typical
    contributions: list[float]

    @property
    def schema(self) -> Schema:
        return self.plan.schema

    @property
    def row(self) -> dict[str, float]:
        return dict(zip(self.plan.names, self.plan.row(self.facts), strict=True))

    def candidates(self) -> list[Candidate]:
        observed = Observed(self.facts, self.schema, self.typical)
        row = self.plan.row(self.facts)
        return candidates(observed, self.plan.features, row, self.contributions)

    @property
    def peers(self) -> str:
        """The peer group: the payment's own where anything is known of it."""
        group = self.schema.peer_group
        value = ALL if group is None else str(self.fact(group))
        return value if value in self.typical.values else ALL

    @property
    def amount(self) -> float:
        return float(self.facts.amount)

    @property
    def balance(self) -> float:
        return float(self.facts.balance)

    @property
    def takes_in(self) -> bool:
        """Whether money comes in to the payer."""
        incoming = self.schema.incoming
        return incoming is not None and self.fact(incoming.attribute) in incoming.values

    def usual(self, name: str) -> float:
        return self.typical.values[self.peers][name]

    def fact(self, attribute: str) -> Any:
        return self.facts.attributes[list(self.schema.attributes).index(attribute)]

    def attribute(self, reason: Reason) -> Attribute:
        names = (it.attribute for it in self.plan.features if it.name == reason.feature)
        return self.schema.attributes[next(names)]


PAYMENTS = Own(PAYSIM, LEARNED)
BUILT_IN = st.sampled_from((CARDS, PAYMENTS))
WEIGHTS = st.sampled_from((2.0, 0.5, -1.0))
SIDES: tuple[Callable[[float], float], ...] = (
    lambda own: 0.0 if math.isnan(own) else own,
    lambda own: 0.0 if math.isnan(own) else own + 1,
    lambda own: 0.0 if math.isnan(own) else own - 1,
)
"""A typical value that is the payment's own, above or below it; a missing one has any."""


@st.composite
def cases(
    draw: st.DrawFn,
    columns: st.SearchStrategy[Own] | None = None,
    weight: st.SearchStrategy[float] = WEIGHTS,
) -> Case:
    """Any payment of any schema, and any model of it."""
    own = draw(own_columns() | BUILT_IN if columns is None else columns)
    plan = own.plan()
    facts = own.reader.payment(draw(payments_of(own))).facts
    row = dict(zip(plan.names, map(float, plan.row(facts)), strict=True))
    group = own.schema.peer_group
    groups = [ALL, *(own.learned.levels.get(group, ()) if group else ())]
    sides = draw(st.lists(st.sampled_from(SIDES), min_size=len(row), max_size=len(row)))
    usual = {name: side(row[name]) for name, side in zip(row, sides, strict=True)}
    other = {name: SIDES[0](value) for name, value in row.items()}
    values = {peers: draw(st.sampled_from((usual, usual, other))) for peers in groups}
    hour = st.integers(0, 23)
    hours = {peers: draw(st.builds(Hours, hour, hour)) for peers in groups}
    risky = {name: draw(_some(own.learned.values_of(name))) for name in categories(own)}
    weights = st.lists(weight, min_size=len(row), max_size=len(row))
    return Case(plan, facts, Typical(values, hours, risky), draw(weights))


def _some(values: frozenset[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(values))) if values else st.just(values)


def categories(own: Own) -> list[str]:
    return [each.name for each in own.schema.attributes.values() if each.kind is Kind.CATEGORY]


def is_share(case: Case, _: Reason) -> bool:
    if case.takes_in:
        return 0 < case.balance < case.usual("balance")
    return case.balance > 0 and case.amount / case.balance < 0.95


def is_risky(case: Case, reason: Reason) -> bool:
    name = case.attribute(reason).name
    return case.fact(name) in case.typical.risky[name]


def is_of_peers(case: Case, reason: Reason) -> bool:
    return case.attribute(reason).name == case.schema.peer_group


def tells_payee(case: Case, reason: Reason) -> bool:
    attribute = case.attribute(reason)
    return attribute.prefix is not None and attribute.columns == (case.schema.roles.payee,)


CLAIMS: dict[str, Callable[[Case, Reason], bool]] = {
    "EMPTIES_ACCOUNT": lambda case, _: (
        not case.takes_in and 0.95 * case.balance <= case.amount <= case.balance + 0.005
    ),
    "SHARE_OF_BALANCE": is_share,
    "EXCEEDS_BALANCE": lambda case, _: case.amount > case.balance > 0 and not case.takes_in,
    "NO_BALANCE": lambda case, _: case.balance == 0,
    "LARGE_AMOUNT": lambda case, _: case.amount > case.usual("amount"),
    "UNUSUALLY_SMALL_AMOUNT": lambda case, _: case.amount < case.usual("amount"),
    "UNUSUAL_HOUR": lambda case, _: case.facts.hour not in case.typical.hours[case.peers],
    "PAYEE_KIND": tells_payee,
    "HIGH_BALANCE_AT_RISK": lambda case, _: case.balance > case.usual("balance"),
    "RISKY_VALUE": lambda case, reason: is_risky(case, reason) and not is_of_peers(case, reason),
    "UNUSUAL_VALUE": lambda case, reason: (
        reason.value == case.row[reason.feature] != case.usual(reason.feature)
    ),
    "FAR_AWAY": lambda case, reason: case.row[reason.feature] > case.usual(reason.feature),
    "RISKY_TYPE": lambda case, reason: is_risky(case, reason) and is_of_peers(case, reason),
}
"""What each code claims of a payment."""

OF_THE_POLICY = ("LOW_EXPECTED_LOSS", "HIGH_EXPECTED_LOSS")


def test_every_code_has_a_claim() -> None:
    assert {*CLAIMS, *OF_THE_POLICY} == set(CODES) - set(OF_HISTORIES)


@given(case=cases())
def test_the_claim_of_a_code_holds_in_the_payment(case: Case) -> None:
    for candidate in case.candidates():
        assert CLAIMS[candidate.reason.code](case, candidate.reason)


@pytest.mark.parametrize("code", CLAIMS)
def test_the_payments_of_these_tests_reach_every_code(code: str) -> None:
    def is_reached(case: Case) -> bool:
        return code in [candidate.reason.code for candidate in case.candidates()]

    complete = Own(CARDS.schema, replace(CARDS.learned, fills={}))
    own = complete if code in {"RISKY_VALUE", "UNUSUAL_VALUE", "FAR_AWAY"} else PAYMENTS
    few = settings(max_examples=1_000, phases=[Phase.generate])
    find(cases(st.just(own), st.just(1.0)), is_reached, settings=few)


@given(case=cases())
def test_reasons_hold_a_number_and_a_text_that_is_short_and_one_sentence(case: Case) -> None:
    for reason, _ in case.candidates():
        assert not math.isnan(reason.value)
        assert reason.contribution > 0
        assert reason.text[0].isupper() or not reason.text[0].isalpha()
        assert reason.text.endswith(".")
        assert len(reason.text) <= 220


@given(case=cases())
def test_up_to_three_reasons_are_chosen_and_the_peer_group_comes_last(case: Case) -> None:
    possible = case.candidates()

    chosen = choose(possible, 1.0, [0.0] * len(possible))

    assert len(chosen) <= 3
    assert "RISKY_TYPE" not in [reason.code for reason in chosen[:-1]]


PEERS = "payments of category grocery"
NAMES = CARDS.plan().names
TYPICAL = Typical(
    {
        ALL: dict.fromkeys(NAMES, 0.0) | {"amount": 50.0, "home_store_km": 10.0, "tries": 2.0},
        "grocery": dict.fromkeys(NAMES, 0.0) | {"amount": 30.0, "home_store_km": 5.0, "tries": 1.0},
    },
    {ALL: Hours(0, 23), "grocery": Hours(8, 20)},
    {
        "category": frozenset({"grocery"}),
        "mcc": frozenset({"5812"}),
        "channel": frozenset({"online"}),
    },
)


def found(changes: dict[str, Any], **contributions: float) -> list[Reason]:
    """The candidates for a card payment."""
    weights = [contributions.get(name, 0.0) for name in NAMES]
    facts = card_payment(**changes).facts
    return [each.reason for each in Case(CARDS.plan(), facts, TYPICAL, weights).candidates()]


@pytest.mark.parametrize(
    ("code", "feature", "changes", "text"),
    [
        (
            "RISKY_TYPE",
            "category_grocery",
            {},
            "Fraud is more frequent among payments of category grocery than overall.",
        ),
        (
            "RISKY_VALUE",
            "mcc_rate",
            {"mcc": "5812"},
            "Fraud is more frequent among payments with merchant code 5812 than overall.",
        ),
        (
            "RISKY_VALUE",
            "channel_chip",
            {"channel": "online"},
            "Fraud is more frequent among payments with channel online than overall.",
        ),
        (
            "UNUSUAL_VALUE",
            "tries",
            {"tries": 3.0},
            "Number of tries is higher than usual for payments of category grocery.",
        ),
        (
            "UNUSUAL_VALUE",
            "tries",
            {"tries": 1.5, "category": "travel"},
            "Number of tries is lower than usual for payments.",
        ),
        (
            "UNUSUAL_VALUE",
            "gender",
            {"gender": "M"},
            "Gender has another value than usual for payments of category grocery.",
        ),
        (
            "FAR_AWAY",
            "home_store_km",
            {"shop_lat": 48.9},
            f"The distance between home and the shop is longer than usual for {PEERS}.",
        ),
        ("PAYEE_KIND", "is_chain", {"shop": "CH"}, "The payee is a chain."),
        ("PAYEE_KIND", "is_chain", {"shop": "Mills"}, "The payee is not a chain."),
        (
            "LARGE_AMOUNT",
            "amount",
            {"amt": 31.0},
            "The amount is larger than usual for payments of category grocery.",
        ),
        (
            "UNUSUALLY_SMALL_AMOUNT",
            "amount",
            {"amt": 31.0, "category": "gas_transport"},
            "The amount is smaller than usual for payments.",
        ),
        (
            "UNUSUAL_HOUR",
            "hour",
            {"at": "2026-03-01 03:10:00"},
            f"The hour is 03:00 to 04:00; {PEERS} are usually made from 08:00 to 21:00.",
        ),
    ],
)
def test_each_feature_speaks_through_the_code_and_text_that_are_true_of_the_payment(
    code: str, feature: str, changes: dict[str, Any], text: str
) -> None:
    (reason,) = found(changes, **{feature: 1.0})

    assert (reason.code, reason.feature, reason.text) == (code, feature, text)


@pytest.mark.parametrize(
    ("feature", "changes"),
    [
        ("mcc_rate", {"mcc": "5411"}),
        ("mcc_rate", {"mcc": "9999"}),
        ("mcc_rate", {"mcc": None}),
        ("category_grocery", {"category": "travel"}),
        ("tries", {"tries": 1.0}),
        ("tries", {"tries": None}),
        ("gender", {"gender": "F"}),
        ("home_store_km", {}),
        ("home_store_km", {"shop_lat": 52.5, "shop_long": 13.4}),
        ("home_store_km", {"shop_lat": None}),
        ("hour", {"category": "travel", "at": "2026-03-01 03:10:00"}),
    ],
)
def test_a_feature_that_is_as_usual_unknown_or_missing_is_no_reason(
    feature: str, changes: dict[str, Any]
) -> None:
    near = {"shop_lat": 52.5, "shop_long": 13.45}

    assert found(near | changes, **{feature: 1.0}) == []


def test_each_risky_category_is_a_reason_of_its_own() -> None:
    changes = {"mcc": "5812", "channel": "online"}

    reasons = found(changes, mcc_rate=1.0, channel_chip=1.5, channel_online=0.5)

    assert [(it.code, it.feature, it.contribution) for it in reasons] == [
        ("RISKY_VALUE", "channel_chip", 2.0),
        ("RISKY_VALUE", "mcc_rate", 1.0),
    ]


def test_two_unusual_columns_are_two_reasons() -> None:
    reasons = found({"tries": 3.0, "gender": "M"}, tries=1.0, gender=2.0)

    assert [reason.feature for reason in reasons] == ["gender", "tries"]


def observed(own: Own, **facts: Any) -> tuple[Observed, Plan]:
    values = {ALL: dict.fromkeys(own.plan().names, 0.0)}
    typical = Typical(values, {ALL: Hours(0, 23)}, {"word": frozenset({"x" * 128})})
    return Observed(own.reader.payment(facts).facts, own.schema, typical), own.plan()


def with_attributes(*attributes: Attribute, peer_group: str | None = None) -> Own:
    """The schema of cards with other attributes."""
    by_name = {each.name: each for each in attributes}
    schema = replace(CARDS.schema, attributes=by_name, peer_group=peer_group)
    levels = {each.name: ("x" * 128,) for each in attributes if each.kind is Kind.CATEGORY}
    return Own(schema, replace(CARDS.learned, levels=levels, rates={}, flags={}, fills={}))


@pytest.mark.parametrize("label", ["", "y" * 60])
def test_long_names_and_values_are_cut(label: str) -> None:
    word = Attribute("word", Kind.CATEGORY, ("word",), label=label)
    seen, plan = observed(with_attributes(word), at="2026-03-01", amt=1.0, shop="s", word="x" * 128)
    feature = plan.features[0]

    text = seen.text("RISKY_VALUE", feature, 1.0)

    words = f"{'y' * 39}…" if label else "word"
    value = f"{'x' * 39}…"
    assert text == f"Fraud is more frequent among payments with {words} {value} than overall."


@pytest.mark.parametrize(
    ("shop", "text"),
    [
        ("CH1", "The name of the payee begins with CH."),
        ("S1", "The name of the payee does not begin with CH."),
    ],
)
def test_a_kind_of_payee_without_a_label_is_told_by_its_prefix(shop: str, text: str) -> None:
    chain = Attribute("payee_is_chain", Kind.FLAG, ("shop",), prefix="CH")
    seen, plan = observed(with_attributes(chain), at="2026-03-01", amt=1.0, shop=shop)
    feature = next(each for each in plan.features if each.attribute)

    assert seen.text("PAYEE_KIND", feature, float(shop == "CH1")) == text


@given(case=cases(st.just(CARDS)))
def test_no_text_names_an_account(case: Case) -> None:
    facts = card_payment(card="CARD-1", shop="CH-2", device_id="DEV-3").facts

    for candidate in case._replace(facts=facts).candidates():
        assert not any(name in candidate.reason.text for name in ("CARD-1", "CH-2", "DEV-3"))
