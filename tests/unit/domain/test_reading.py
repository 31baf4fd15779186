"""Facts of a payment from the values of its fields."""

import math
from typing import Any

import pytest

from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.domain.reading import PaymentReader, flag_text
from fraud_api_lambda.domain.schema import Attribute, Kind, Roles, Schema, Time, Unit
from tests.schemas import CARDS, card_body, card_payment
from tests.transactions import transaction


def fact(name: str, **changes: Any) -> Any:
    """The fact of an attribute of a card payment."""
    return card_payment(**changes).facts.attributes[list(CARDS.schema.attributes).index(name)]


def timed(time: Time, values: dict[str, Any], payer: str | None = None) -> Payment:
    """A payment of an amount and a time only."""
    schema = Schema("timed", Roles(time, "amount", "label", payer))
    return PaymentReader(schema, Learned()).payment({"amount": 5.0, **values})


def flagged(flag: Attribute, values: dict[str, Any], *of_two: str) -> Any:
    """The fact of the only attribute of a payment, a flag."""
    roles = Roles(Time("t"), "amount", "label")
    learned = Learned(flags={flag.name: (of_two[0], of_two[1])} if of_two else {})
    reader = PaymentReader(Schema("flagged", roles, attributes={flag.name: flag}), learned)
    (fact,) = reader.payment({"t": "2026-03-01", "amount": 5.0, **values}).facts.attributes
    return fact


def test_amount_and_balance_are_those_of_their_columns() -> None:
    facts = transaction(amount=3.5, oldbalanceOrg=70.25).facts

    assert (facts.amount, facts.balance) == (3.5, 70.25)


def test_without_a_balance_column_it_is_zero() -> None:
    facts = card_payment(amt=3.5).facts

    assert (facts.amount, facts.balance) == (3.5, 0.0)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-03-01 14:30:00", 14),
        ("2026-03-01T00:05", 0),
        ("2026-03-01T23:59:59.5+05:30", 23),
        ("2026-03-01t07:00:00Z", 7),
        ("2026-03-01", 0),
    ],
)
def test_the_hour_is_the_one_written_with_its_own_offset(text: str, hour: int) -> None:
    assert card_payment(at=text).facts.hour == hour


@pytest.mark.parametrize(
    ("unit", "count", "hour"),
    [
        (Unit.SECOND, 0, 0),
        (Unit.SECOND, 3_599, 0),
        (Unit.SECOND, 3_600, 1),
        (Unit.SECOND, 86_400 + 2 * 3_600, 2),
        (Unit.HOUR, 23, 23),
        (Unit.HOUR, 24, 0),
        (Unit.HOUR, 743, 23),
        (Unit.DAY, 0, 0),
        (Unit.DAY, 5, 0),
    ],
)
def test_the_hour_of_a_count_is_that_of_its_day(unit: Unit, count: int, hour: int) -> None:
    assert timed(Time("t", unit), {"t": count}).facts.hour == hour


@pytest.mark.parametrize("values", [{}, {"t": None}])
def test_a_timestamp_may_stand_for_a_count(values: dict[str, Any]) -> None:
    payment = timed(Time("t", Unit.HOUR), {**values, "timestamp": "2026-03-01T09:10:00+01:00"})

    assert payment.facts.hour == 9


@pytest.mark.parametrize("sent", [7, 7.0, -0.5])
def test_a_number_is_a_float(sent: float) -> None:
    assert fact("tries", tries=sent) == sent
    assert isinstance(fact("tries", tries=sent), float)


@pytest.mark.parametrize(("sent", "value"), [("F", False), ("M", True)])
def test_the_second_value_of_a_flag_is_true(sent: str, value: bool) -> None:
    assert fact("gender", gender=sent) is value


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        *((it, True) for it in (True, 1, 1.0, "1", "true", "True")),
        *((it, False) for it in (False, 0, 0.0, "0", "false", "FALSE")),
    ],
)
def test_true_and_one_are_the_same_value_of_a_flag(sent: object, value: bool) -> None:
    flag = Attribute("chip", Kind.FLAG, ("chip",))

    assert flagged(flag, {"chip": sent}, "0", "1") is value


@pytest.mark.parametrize(
    ("written", "sent", "text"),
    [
        ("-1", -1, "-1"),
        ("-1.0", -1.0, "-1"),
        ("1.50", 1.5, "1.5"),
        ("1e3", 1e3, "1000"),
        ("-9007199254740993", -9007199254740993, "-9007199254740993"),
    ],
)
def test_a_number_and_its_digits_are_the_same_value_of_a_flag(
    written: str, sent: float, text: str
) -> None:
    assert flag_text(written) == flag_text(sent) == text


@pytest.mark.parametrize("text", ["007", "1.", "+1", " 1", "1_0", "\u0661", "nan", "1e", "v1.0"])
def test_a_text_that_json_does_not_write_a_number_by_is_no_number_of_a_flag(text: str) -> None:
    assert flag_text(text) == text


@pytest.mark.parametrize(("sent", "value"), [("CH", True), ("CH Mills", True), ("ch", False)])
def test_a_flag_by_prefix_tells_how_a_text_begins(sent: str, value: bool) -> None:
    assert fact("is_chain", shop=sent) is value


def test_a_flag_by_prefix_reads_a_number_as_its_digits() -> None:
    visa = Attribute("visa", Kind.FLAG, ("card",), prefix="4")

    assert flagged(visa, {"card": 41}) is True


@pytest.mark.parametrize("sent", ["5411", 5411])
def test_a_category_is_a_text_and_a_number_stands_for_its_digits(sent: object) -> None:
    assert fact("mcc", mcc=sent) == "5411"
    assert card_payment(mcc=sent).degraded == ()


def test_a_place_is_a_pair_of_latitude_and_longitude() -> None:
    assert fact("home", lat=1, long=-2.5) == (1.0, -2.5)


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_missing_number_is_nan_and_a_missing_text_none(is_sent: bool) -> None:
    body = card_body(tries=None, shop_lat=None, shop_long=None, mcc=None, gender=None)
    body = body if is_sent else {name: it for name, it in body.items() if it is not None}

    payment = CARDS.reader.payment(body)

    facts = dict(zip(CARDS.schema.attributes, payment.facts.attributes, strict=True))
    assert facts["mcc"] is None
    assert [math.isnan(it) for it in (facts["tries"], facts["gender"], *facts["store"])] == [
        True
    ] * 4
    assert payment.degraded == ()


def test_a_missing_text_has_no_prefix_nor_any_other() -> None:
    flag = Attribute("is_m", Kind.FLAG, ("note",), prefix="M")

    assert math.isnan(flagged(flag, {}))


def test_categories_never_seen_are_listed_in_the_schemas_order() -> None:
    payment = card_payment(mcc="9999", category="travel")

    assert payment.degraded == ("unseen:category", "unseen:mcc")


@pytest.mark.parametrize(("sent", "number"), [("n1", "n1"), (17, "17"), (None, None)])
def test_the_transaction_id_is_text_and_a_number_stands_for_its_digits(
    sent: object, number: str | None
) -> None:
    assert card_payment(number=sent).transaction_id == number


def test_without_an_id_column_the_id_is_the_field_transaction_id() -> None:
    values = {"t": "2026-03-01", "transaction_id": "n2"}

    assert timed(Time("t"), values).transaction_id == "n2"
    assert timed(Time("t"), {"t": "2026-03-01"}).transaction_id is None


def test_a_column_of_another_role_is_not_taken_for_the_id() -> None:
    values = {"t": "2026-03-01", "transaction_id": "C1"}

    assert timed(Time("t"), values, payer="transaction_id").transaction_id is None
