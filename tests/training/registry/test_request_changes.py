"""Differences between the requests of two models: which break callers, and what callers must do."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud_api_lambda.domain.field_values import check_values
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.schema import Attribute, Ids, Kind, Time, Unit
from tests.schemas import CARDS, Own, own_columns, payments_of
from tests.transactions import LEARNED, PAYSIM
from training.registry.request_changes import RequestChanges, request_changes

SAME = RequestChanges()


def changes(old: Own, new: Own) -> RequestChanges:
    return request_changes(old.plan(), new.plan())


def cards(*, learned: Learned = CARDS.learned, **schema: Any) -> Own:
    return Own(replace(CARDS.schema, **schema), learned)


def with_roles(**roles: Any) -> Own:
    return cards(roles=replace(CARDS.schema.roles, **roles))


def without(name: str) -> Own:
    rest = {key: each for key, each in CARDS.schema.attributes.items() if key != name}
    return cards(attributes=rest)


def with_attribute(attribute: Attribute, **learned: Any) -> Own:
    attributes = {**CARDS.schema.attributes, attribute.name: attribute}
    return cards(attributes=attributes, learned=replace(CARDS.learned, **learned))


def channel(*levels: str) -> Own:
    attribute = Attribute("channel", Kind.CATEGORY, ("channel",), levels=levels)
    known = {**CARDS.learned.levels, "channel": levels or ("chip",)}
    return with_attribute(attribute, levels=known)


def paysim(time: Time = PAYSIM.roles.time, **changed: Any) -> Own:
    return Own(replace(PAYSIM, roles=replace(PAYSIM.roles, time=time), **changed), LEARNED)


FEWER_FILLS = replace(CARDS.learned, fills={"store": (50.0, 10.0), "mcc": (0.01,)})
MORE_FILLS = replace(CARDS.learned, fills={**CARDS.learned.fills, "home": (50.0, 10.0)})
OTHER_FLAGS = replace(CARDS.learned, flags={"gender": ("F", "X")})
NO_DIGITS = replace(CARDS.learned, digits=())
NEW_NUMBER = Attribute("age", Kind.NUMBER, ("age",))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (CARDS, cards(learned=FEWER_FILLS), "tries is required now: callers must always send it"),
        (CARDS, without("tries"), "tries is gone: callers must leave it out"),
        (CARDS, cards(ignore=()), "city is gone: callers must leave it out"),
        (cards(ignore=("city", "x")), with_roles(label="x"), "x is the label now: callers must "),
        (
            CARDS,
            with_attribute(NEW_NUMBER),
            "age is new and required: callers must send a number from -1e+15 to 1e+15",
        ),
        (
            CARDS,
            with_attribute(
                Attribute("tries", Kind.FLAG, ("tries",)),
                flags={**CARDS.learned.flags, "tries": ("0", "1")},
            ),
            "tries is one of two values now, not a number: callers must send 0 or 1",
        ),
        (
            channel("chip", "online", "app"),
            channel("chip", "online"),
            "channel does not take app any more: callers must send chip or online",
        ),
        (
            channel(),
            channel("chip"),
            "channel does not take every text any more: callers must send chip",
        ),
        (
            CARDS,
            cards(learned=OTHER_FLAGS),
            "gender does not take M any more: callers must send F or X",
        ),
        (
            CARDS,
            cards(ids=Ids.CODE),
            "shop does not take every text any more: callers must send 1 to 64 printable ASCII ",
        ),
        (CARDS, cards(learned=NO_DIGITS), "mcc takes no numbers any more: callers must send text"),
        (
            paysim(),
            paysim(Time("step", Unit.HOUR, 5)),
            "step has closer limits: callers must send a whole number from 5 to 1e+06",
        ),
        (paysim(), paysim(Time("step", Unit.SECOND)), "step counts seconds now, not hours: "),
        (
            paysim(Time("step")),
            paysim(Time("other", Unit.HOUR), ignore=(*PAYSIM.ignore, "step")),
            "step is any value, which is dropped now, not a time",
        ),
        (
            CARDS,
            cards(timezone="Europe/Berlin"),
            "at without an offset is in Europe/Berlin now, not in UTC: callers must convert it",
        ),
        (
            CARDS,
            cards(
                roles=replace(CARDS.schema.roles, id=None),
                ignore=("city", "number"),
            ),
            "number is not the transaction's id any more: callers must send the id as transac",
        ),
    ],
)
def test_a_difference_that_breaks_callers_names_the_field_and_what_they_must_do(
    old: Own, new: Own, line: str
) -> None:
    found = changes(old, new).breaking

    assert [each for each in found if each.startswith(f"field {line}")]


def test_another_currency_breaks_callers() -> None:
    found = changes(CARDS, cards(currency="EUR"))

    assert found.breaking == ("amounts are in EUR now, not in USD: callers must convert them",)


WIDER = [
    (CARDS, cards(learned=MORE_FILLS), "lat may be missing or null now"),
    (without("tries"), CARDS, "tries is new and optional"),
    (cards(ignore=()), CARDS, "city is new and optional"),
    (channel("chip"), channel("chip", "app"), "channel takes more than before: chip or app"),
    (channel("chip"), channel(), "channel takes more than before: 1 to 128 printable "),
    (cards(ids=Ids.CODE), CARDS, "shop takes more than before: 1 to 128 printable characters"),
    (cards(learned=NO_DIGITS), CARDS, "mcc takes more than before: 1 to 128 printable "),
    (
        paysim(Time("step", Unit.HOUR, 5)),
        paysim(),
        "step takes more than before: a whole number from 1 to 1e+06",
    ),
]


@pytest.mark.parametrize(("old", "new", "line"), WIDER)
def test_a_model_that_takes_more_breaks_no_callers(old: Own, new: Own, line: str) -> None:
    found = changes(old, new)

    assert found.breaking == ()
    assert [each for each in found.widening if each.startswith(f"field {line}")]


@given(pair=st.sampled_from(WIDER), data=st.data())
def test_a_model_that_breaks_no_callers_takes_all_their_payments(
    pair: tuple[Own, Own, str], data: st.DataObject
) -> None:
    old, new, _ = pair
    payment = data.draw(payments_of(old))
    check_values("payment", payment, old.fields)

    assert check_values("payment", payment, new.fields) == payment


def test_a_field_that_is_dropped_now_breaks_no_callers() -> None:
    rest = without("tries").schema.attributes

    assert changes(CARDS, cards(attributes=rest, ignore=("city", "tries"))).breaking == ()


@pytest.mark.parametrize(
    "same",
    [
        cards(learned=replace(CARDS.learned, levels={**CARDS.learned.levels, "category": ("x",)})),
        cards(attributes=dict(reversed(list(CARDS.schema.attributes.items())))),
        with_roles(label="chargeback"),
        cards(label_delay_s=86_400, peer_group=None),
    ],
)
def test_levels_of_an_open_category_order_and_label_are_no_part_of_a_request(same: Own) -> None:
    assert changes(CARDS, same) == SAME


@given(old=own_columns(), new=own_columns())
@settings(max_examples=30)
def test_any_two_schemas_can_be_compared(old: Own, new: Own) -> None:
    assert changes(old, old) == SAME
    assert changes(old, new).breaking or old.fields.keys() <= new.fields.keys()
