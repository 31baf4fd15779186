"""Form, curves and stream follow the schema that the API tells."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.api import Payment
from console.built_in import BUILT_IN, CARDS, PAYSIM, Stream
from console.explore import Axis, Curve, Span, can_vary
from console.form import KEY, as_entries
from console.payments import payment_of_row, read_payment
from console.replay import Replay, read_simulated
from console.schema import Field, Schema
from console.upload import fields_sent
from console.words import features_in_words, values_in_words
from fraud_api_lambda.features.plan import Plan
from tests.demo.conftest import schema_of
from tests.schemas import CARDS as OWN
from tests.schemas import Own, card_body, own_columns, payments_of
from tests.transactions import PLAN, PLANS
from training.files.writing import write_transactions
from training.simulator.by_schema import SIMULATORS

MOBILE = schema_of(PLAN)
OWN_CARDS = schema_of(OWN.plan())


def facts(own: Own, payment: Payment) -> str:
    """What the API would read, as text, in which one NaN equals another."""
    return repr(own.reader.payment(payment).facts)


OWN_PAYMENTS = own_columns().flatmap(lambda own: st.tuples(st.just(own), payments_of(own)))


@given(given_=OWN_PAYMENTS)
def test_a_form_gives_back_the_payment_that_it_was_filled_with(
    given_: tuple[Own, Payment],
) -> None:
    own, payment = given_
    schema = schema_of(own.plan())

    entries = as_entries(payment, schema)
    read = read_payment({key.removeprefix(KEY): it for key, it in entries.items()}, schema)

    assert facts(own, read) == facts(own, payment)


@given(given_=OWN_PAYMENTS)
def test_a_row_of_a_file_is_read_as_the_payment_that_it_was_written_from(
    given_: tuple[Own, Payment],
) -> None:
    own, payment = given_
    row = {name: "" if value is None else str(value) for name, value in payment.items()}
    written = {name: value for name, value in payment.items() if row[name]}

    read = payment_of_row(row, fields_sent(schema_of(own.plan())))

    assert facts(own, read) == facts(own, written)


@pytest.mark.parametrize(
    ("form", "cell", "value"),
    [
        ("money", "12.50", 12.5),
        ("money", "12", 12),
        ("money", " 7 ", 7),
        ("money", "1e3", 1000.0),
        ("money", "1,234.56", "1,234.56"),
        ("money", "inf", "inf"),
        ("money", "1e999", "1e999"),
        ("money", "١٢", "١٢"),
        ("count", "12.0", 12.0),
        ("id", "00501", "00501"),
        ("category", "1e3", "1e3"),
        ("flag", "1", "1"),
        ("time", "2026-01-01", "2026-01-01"),
    ],
)
def test_a_cell_becomes_a_number_only_in_a_field_of_numbers(
    form: str, cell: str, value: Any
) -> None:
    read = payment_of_row({"column": cell}, [Field("column", form)])

    assert repr(read) == repr({"column": value})


def test_the_form_of_paysim_has_its_fields_in_the_usual_order() -> None:
    labels = [MOBILE.label(field) for field in MOBILE.asked]

    assert labels == [
        *("Type", "Hour of day", "Amount"),
        *("Payer's balance before", "Payer's account", "Payee's account"),
    ]


def test_a_form_asks_for_what_the_model_reads_and_keeps_a_place_together() -> None:
    rows = [tuple(field.name for field in row) for row in OWN_CARDS.rows]

    assert rows == [
        *[("category",), ("mcc",), ("channel",), ("gender",)],
        *[("at",), ("amt",), ("tries",), ("card",), ("shop",)],
        *[("lat", "long"), ("shop_lat", "shop_long")],
    ]


def test_a_field_is_named_in_the_words_of_the_schema() -> None:
    labels = OWN_CARDS.labels

    assert labels["mcc"] == "Merchant code"
    assert labels["shop_lat"] == "The shop, latitude"
    assert labels["card"] == "Payer's account"


def test_a_schema_that_only_has_our_name_gets_none_of_our_payments() -> None:
    assert OWN_CARDS.name == "cards"
    assert OWN_CARDS.built_in.presets == {}
    assert MOBILE.built_in is PAYSIM


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (("0", "1"), ["No", "Yes"]),
        (("CASH_IN", "GB"), ["Cash in", "GB"]),
        (("FOOD", "food"), ["FOOD", "food"]),
    ],
)
def test_each_value_has_words_of_its_own(values: tuple[str, ...], words: list[str]) -> None:
    assert list(values_in_words(values).values()) == words


@pytest.mark.parametrize("plan", [*PLANS.values(), OWN.plan()], ids=[*PLANS, "own columns"])
def test_every_feature_has_a_name_in_words(plan: Plan) -> None:
    model = {
        "schema": {"fields": [told(each) for each in schema_of(plan).fields]},
        "inputs": [
            {"feature": each.name, "measure": each.measure, "attribute": each.attribute}
            for each in plan.features
        ],
    }

    labels = features_in_words(model, schema_of(plan).built_in.words)

    assert labels.keys() == set(plan.names)
    assert all(label[0].isupper() and "_" not in label for label in labels.values())


def told(field: Field) -> dict[str, Any]:
    return {"attribute": field.attribute, "label": field.words}


def test_places_are_named_by_their_distance() -> None:
    distance = {"feature": "home_shop_km", "measure": "distance", "attribute": "home"}
    fields = [{"attribute": "home", "label": "home"}, {"attribute": "shop", "label": "the shop"}]

    labels = features_in_words({"schema": {"fields": fields}, "inputs": [distance]}, {})

    assert labels == {"home_shop_km": "Home to the shop, km"}


def curve(payment: Payment, name: str, schema: Schema) -> Curve:
    (field,) = [each for each in schema.asked if each.name == name]
    return Curve.of(payment, field, Span.of(schema, [payment]), schema)


@pytest.mark.parametrize("name", ["amount", "oldbalanceOrg"])
def test_a_curve_of_amounts_is_one_batch_with_the_payment_among_it(name: str) -> None:
    payment = PAYSIM.presets["Mule"]

    made = curve(payment, name, MOBILE)

    values = [each[name] for each in made.payments]
    assert len(values) == len(set(values)) == 100
    assert list(made.positions) == values == sorted(values)
    assert made.payments[made.now] == payment
    assert made.positions[0] == pytest.approx(100)
    assert made.positions[-1] == pytest.approx(1e8)


@pytest.mark.parametrize(
    ("name", "axis", "count"),
    [
        ("amt", Axis.LOG, 100),
        ("at", Axis.HOUR, 24),
        ("channel", Axis.CHOICE, 2),
        ("gender", Axis.CHOICE, 2),
        ("tries", Axis.LINEAR, 99),
    ],
)
def test_a_curve_varies_one_field_and_holds_the_payment(name: str, axis: Axis, count: int) -> None:
    payment = card_body()

    made = curve(payment, name, OWN_CARDS)

    others = {key: value for key, value in payment.items() if key != name}
    assert made.axis is axis
    assert len(made.positions) == len(made.payments) == count
    assert made.payments[made.now] == payment
    for each in made.payments:
        assert {key: value for key, value in each.items() if key != name} == others


def test_a_value_that_the_model_has_not_seen_is_on_the_curve_too() -> None:
    payment = card_body(category="lottery")

    made = curve(payment, "category", OWN_CARDS)

    assert made.payments[made.now]["category"] == "lottery"
    assert len(made.payments) == 3


def test_ids_and_places_are_not_varied() -> None:
    varied = [field.name for field in OWN_CARDS.asked if can_vary(field, OWN_CARDS)]

    assert varied == ["category", "channel", "gender", "at", "amt", "tries"]


@pytest.mark.parametrize(
    ("amount", "balance", "is_beyond"),
    [(2e6, 1e6, True), (1e6, 1e6, False), (300_000.0, 1e6, False), (2e6, 0.0, False)],
)
def test_a_payment_is_beyond_a_balance_that_is_known_and_smaller(
    amount: float, balance: float, is_beyond: bool
) -> None:
    payment = PAYSIM.presets["Mule"] | {"amount": amount, "oldbalanceOrg": balance}

    assert MOBILE.is_beyond_balance(payment) is is_beyond
    assert not MOBILE.is_beyond_balance(payment | {"type": "CASH_IN"})


def test_a_curve_over_the_amount_marks_its_points_beyond_the_balance() -> None:
    payment = PAYSIM.presets["Mule"] | {"amount": 1e6, "oldbalanceOrg": 1e6}
    amount = next(field for field in MOBILE.asked if field.name == "amount")
    curve = Curve.of(payment, amount, Span.of(MOBILE, []), MOBILE)
    answer = {"fraud_probability": 0.5, "decision": "block"}

    points = curve.points([answer] * len(curve.payments), MOBILE)

    assert {point["beyond"] for point in points} == {False, True}
    assert all(point["beyond"] == (point["x"] > 1e6) for point in points)


def test_without_a_balance_no_payment_is_beyond_it() -> None:
    assert OWN_CARDS.beyond_balance(card_body()) == ""


def stream_of(name: str) -> Stream:
    stream = BUILT_IN[name].stream
    assert stream is not None
    return stream


@pytest.mark.parametrize(
    ("name", "seed", "lines"), [("paysim", 1, 1_001), ("cards", 10, 421)], ids=["paysim", "cards"]
)
def test_a_stream_is_the_beginning_of_what_simulate_makes(
    tmp_path: Path, name: str, seed: int, lines: int
) -> None:
    write_transactions(SIMULATORS[name].simulate(1_000, seed), tmp_path / "made.csv")

    made = (tmp_path / "made.csv").read_text().splitlines()
    assert stream_of(name).file.read_text().splitlines() == made[:lines]


def test_the_words_about_the_streams_are_true() -> None:
    for name, share in (("paysim", 80), ("cards", 47)):
        header, *rows = stream_of(name).file.read_text().splitlines()
        at = header.split(",").index(stream_of(name).label)
        frauds = sum(row.split(",")[at] == "1" for row in rows)

        assert round(len(rows) / frauds) in range(share - 4, share + 4)


def test_alerts_come_by_the_expected_loss_that_the_api_answers() -> None:
    stream = Replay(read_simulated(stream_of("paysim"), MOBILE)[:3], MOBILE)
    answers = [
        {
            "fraud_probability": 0.5,
            "decision": decision,
            "reasons": [],
            "expected_costs": {"approve": loss, "review": 2.0, "block": 1.0},
            "degraded": [],
        }
        for decision, loss in [("block", 7.0), ("approve", 8.0), ("review", 9.0)]
    ]

    stream.add(answers)

    assert [each["expected_loss"] for each in stream.alerts()] == [9.0, 7.0]


@pytest.mark.parametrize("name", BUILT_IN)
def test_our_payments_have_all_that_a_form_asks(name: str) -> None:
    columns = stream_of(name).file.read_text().splitlines()[0].split(",")

    for payment in BUILT_IN[name].presets.values():
        assert payment.keys() <= set(columns)
    assert len(CARDS.presets) >= 3


def test_a_model_that_stops_nothing_is_met_with_what_it_approves() -> None:
    body = PAYSIM.presets["Payday"]
    told = {"examples": {"stopped": None, "approved": {"transaction": body, "answer": {}}}}

    assert next(iter(MOBILE.examples(told))) == "Approved by this model"
