"""Builders of card payments: a schema with every kind of attribute, and a bundle of it."""

from functools import cache
from typing import Any, Final

from fraud_api_lambda.decisions.bundle import Bundle, read
from fraud_api_lambda.domain.learned import Learned, Rates
from fraud_api_lambda.domain.schema import Attribute, Ids, Kind, Roles, Schema, Time
from fraud_api_lambda.features.plan import Plan
from tests.bundles import bundle_of

CARDS: Final = Schema(
    name="cards",
    currency="USD",
    timezone="America/New_York",
    peer_group="category",
    roles=Roles(
        time=Time("trans time"),
        amount="amt",
        label="is_fraud",
        payer="cc_num",
        payee="Merchant/Name",
        id="trans_num",
        label_time="reported at",
        after=("settled",),
    ),
    attributes={
        "category": Attribute("category", Kind.CATEGORY, ("category",), label="kind of purchase"),
        "channel": Attribute(
            "channel", Kind.CATEGORY, ("channel",), levels=("chip", "online", "swipe")
        ),
        "zip": Attribute("zip", Kind.CATEGORY, ("zip",)),
        "gender": Attribute("gender", Kind.FLAG, ("gender",)),
        "known": Attribute("known", Kind.FLAG, ("known",), label="device seen before"),
        "age": Attribute("age", Kind.NUMBER, ("age",)),
        "home": Attribute("home", Kind.PLACE, ("lat", "long"), label="home"),
        "shop": Attribute("shop", Kind.PLACE, ("m~lat", "m~long"), label="the shop"),
    },
    entities={"device": "device_id"},
    ignore=("job",),
    ids=Ids.TEXT,
)
LEARNED: Final = Learned(
    levels={"category": ("grocery", "travel"), "channel": ("chip", "online", "swipe")},
    rates={"zip": Rates(0.01, {"00501": 0.02, "10001": 0.005})},
    flags={"gender": ("F", "M"), "known": ("0", "1")},
    fills={"age": (40.0,), "category": ()},
    digits=("cc_num", "zip"),
)
PLAN: Final = Plan(CARDS, LEARNED, "decision-time")


def card_payment(**changes: Any) -> dict[str, Any]:
    """A plain card payment as a request, with changes by column; `...` leaves one out."""
    usual = {
        "trans time": "2026-11-24 03:00:18",
        "amt": 12.5,
        "cc_num": "4532015112830366",
        "Merchant/Name": "Kirlin & Sons",
        "category": "grocery",
        "channel": "chip",
        "zip": "00501",
        "gender": "F",
        "known": True,
        "age": 51.0,
        "lat": 40.5,
        "long": -73.5,
        "m~lat": 40.25,
        "m~long": -73.0,
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not ...}


@cache
def cards_bundle() -> Bundle:
    """A bundle that flags large amounts."""
    sent = [card_payment(amt=float(10 + 990 * (index % 2 == 0))) for index in range(40)]
    return read(bundle_of(PLAN, sent))
