"""A schema of card payments, and Hypothesis strategies of any schema and its payments."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from fraud_api_lambda.domain.fields import Field, Form
from fraud_api_lambda.domain.learned import Learned, Rates
from fraud_api_lambda.domain.payment import MAX_AMOUNT, MAX_NUMBER, Payment
from fraud_api_lambda.domain.reading import PaymentReader
from fraud_api_lambda.domain.schema import (
    Attribute,
    Ids,
    Incoming,
    Kind,
    Roles,
    Schema,
    Time,
    Unit,
)
from fraud_api_lambda.features.plan import Plan


class Own(NamedTuple):
    """Columns of one's own: the schema, and what the data taught about it."""

    schema: Schema
    learned: Learned

    @property
    def fields(self) -> Mapping[str, Field]:
        return self.plan().fields

    @property
    def reader(self) -> PaymentReader:
        return self.plan().reader

    def plan(self, feature_set: str = "decision-time") -> Plan:
        return Plan(self.schema, self.learned, feature_set)


CARDS: Final = Own(
    Schema(
        name="cards",
        currency="USD",
        peer_group="category",
        roles=Roles(
            time=Time("at"), amount="amt", payer="card", payee="shop", label="is_fraud", id="number"
        ),
        attributes={
            each.name: each
            for each in (
                Attribute("category", Kind.CATEGORY, ("category",)),
                Attribute("mcc", Kind.CATEGORY, ("mcc",), label="merchant code"),
                Attribute("channel", Kind.CATEGORY, ("channel",), levels=("chip", "online")),
                Attribute("gender", Kind.FLAG, ("gender",)),
                Attribute("is_chain", Kind.FLAG, ("shop",), prefix="CH", label="a chain"),
                Attribute("tries", Kind.NUMBER, ("tries",), label="number of tries"),
                Attribute("home", Kind.PLACE, ("lat", "long")),
                Attribute("store", Kind.PLACE, ("shop_lat", "shop_long"), label="the shop"),
            )
        },
        entities={"device": "device_id"},
        ignore=("city",),
    ),
    Learned(
        levels={"category": ("gas_transport", "grocery"), "channel": ("chip", "online")},
        rates={"mcc": Rates(0.01, {"5411": 0.002, "5812": 0.05})},
        flags={"gender": ("F", "M")},
        fills={"tries": (1.0,), "store": (50.0, 10.0), "mcc": (0.01,)},
        digits=("card", "mcc"),
    ),
)
"""Card payments; `tries`, `store` and `mcc` may be missing."""


def card_body(**changes: Any) -> dict[str, Any]:
    """A purchase as a request, with changes."""
    usual = {
        "at": "2026-03-01 14:30:00",
        "amt": 40.0,
        "card": "4000123412341234",
        "shop": "CH Mills",
        "number": "n1",
        "category": "grocery",
        "mcc": "5411",
        "channel": "chip",
        "gender": "F",
        "tries": 1.0,
        "lat": 52.5,
        "long": 13.4,
        "shop_lat": 52.4,
        "shop_long": 13.1,
    }
    return {**usual, **changes}


def card_payment(**changes: Any) -> Payment:
    """A purchase, with changes of its body."""
    return CARDS.reader.payment(card_body(**changes))


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=6)
COLLIDING = st.sampled_from(
    ("amount", "hour", "balance", "emptied", "a", "a_b", "a_b_2", "b", "a[b", "a<b", "a_missing")
)
"""Names that others, or their levels, may be taken for."""

LEVELS = TEXTS.map(str.strip).filter(bool)
"""Values of categories: no file has one with spaces around it."""

ODD: Final = (
    *("Merchant Name", "V1", "json", "schema", "_x", "model_config", "copy", "a/b", "m~n", "%"),
    *("ünïcode", "$ref", '"quoted"', "transactions", "prediction_id", "self", "__class__", "a.b"),
    *("timestamp", "transaction_id", "a:", "0", "{amount}", "x" * 128, "😀"),
)
"""Names that mean something to a language or a library."""

NAMES = COLLIDING | st.sampled_from(ODD) | TEXTS
FLAGS = st.sampled_from(
    (("0", "1"), ("F", "M"), ("1", "2"), ("no", "yes"), ("-1", "0.5"), ("", "0"))
)
OPTIONAL_ROLES: Final = ("payer", "payee", "id", "balance", "payee_balance", "label_time", "weight")


@st.composite
def own_columns(draw: st.DrawFn) -> Own:
    """Any schema, and anything that data may teach about it."""
    columns = iter(draw(st.lists(NAMES, min_size=24, max_size=24, unique=True)))
    unit = draw(st.none() | st.sampled_from(Unit))
    time = Time(next(columns), unit, draw(st.integers(0, 1)))
    named = draw(st.sets(st.sampled_from(OPTIONAL_ROLES)))
    roles = Roles(
        time=time,
        amount=next(columns),
        label=next(columns),
        after=(next(columns),),
        **{role: next(columns) for role in sorted(named)},
    )
    kinds = draw(st.lists(st.sampled_from((*Kind, "prefix")), max_size=5))
    attributes = [draw(_attributes(kind, columns, roles)) for kind in kinds]
    categories = [each for each in attributes if each.kind is Kind.CATEGORY]
    closed = [each for each in categories if each.levels]
    schema = Schema(
        name="own",
        currency=draw(st.sampled_from(("", "USD"))),
        decimals=draw(st.integers(0, 6)),
        timezone="UTC",
        label_delay_s=draw(st.integers(0, 86_400)),
        peer_group=draw(st.sampled_from([None, *(each.name for each in categories)])),
        roles=roles,
        attributes={each.name: each for each in attributes},
        entities=draw(st.sampled_from(({}, {"device": next(columns)}))),
        ignore=(next(columns),),
        ids=draw(st.sampled_from(Ids)),
        incoming=Incoming(closed[0].name, closed[0].levels[:1]) if closed else None,
    )
    return Own(schema, draw(_learned(schema)))


@st.composite
def _attributes(draw: st.DrawFn, kind: str, columns: Iterator[str], roles: Roles) -> Attribute:
    column = next(columns)
    label = draw(st.sampled_from(("", "a merchant")))
    if kind == "prefix":
        return Attribute(column, Kind.FLAG, (roles.payee or column,), draw(TEXTS), label)
    levels: tuple[str, ...] = ()
    if kind == Kind.CATEGORY:
        levels = draw(st.sampled_from(((), ("A", "B"), ("b", "b_2", "b]", "b<"))))
    used = (column, next(columns)) if kind == Kind.PLACE else (column,)
    return Attribute(column, Kind(kind), used, label=label, levels=levels)


@st.composite
def _learned(draw: st.DrawFn, schema: Schema) -> Learned:
    levels: dict[str, tuple[str, ...]] = {}
    rates: dict[str, Rates] = {}
    flags: dict[str, tuple[str, str]] = {}
    fills: dict[str, tuple[float, ...]] = {}
    for name, each in schema.attributes.items():
        if each.kind is Kind.CATEGORY and (each.levels or draw(st.booleans())):
            levels[name] = each.levels or tuple(draw(st.lists(LEVELS, max_size=3, unique=True)))
        elif each.kind is Kind.CATEGORY:
            rates[name] = Rates(0.1, draw(st.dictionaries(LEVELS, st.floats(0, 1), max_size=3)))
        elif each.kind is Kind.FLAG and each.prefix is None:
            flags[name] = draw(FLAGS)
        if draw(st.booleans()):
            fills[name] = (0.5,) * (2 if each.kind is Kind.PLACE else 0 if name in levels else 1)
    texts = (each.columns[0] for each in schema.attributes.values() if each.kind is Kind.CATEGORY)
    return Learned(levels, rates, flags, fills, tuple(texts) if draw(st.booleans()) else ())


def payments_of(own: Own) -> st.SearchStrategy[dict[str, Any]]:
    """Any values that the fields of a schema allow."""
    fields = own.fields.values()
    times = {Form.MOMENT, Form.ANY}  # one field of time is enough
    return st.fixed_dictionaries(
        {each.name: _values(each) for each in fields if each.required or each.form is Form.COUNT},
        optional={
            each.name: st.none() | _values(each)
            for each in fields
            if not each.required and each.form not in times | {Form.COUNT}
        },
    )


WORDS: Final = ("a", "b", "CH1", "5411", "M7", "x" * 64)
TIMES = st.builds(
    "{:04}-{:02}-{:02} {:02}:30".format,
    st.integers(1000, 9999),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 23),
)
STRATEGIES: Final = {
    Form.TIME: TIMES,
    Form.MONEY: st.sampled_from((0.0, 0.02, 95.0, 99.99, 100.0)) | st.floats(0, MAX_AMOUNT),
    Form.NUMBER: st.floats(-MAX_NUMBER, MAX_NUMBER) | st.integers(-3, 3).map(float),
    Form.LATITUDE: st.floats(-90, 90),
    Form.LONGITUDE: st.floats(-180, 180),
}


def _values(field: Field) -> st.SearchStrategy[Any]:
    if field.form is Form.COUNT:
        return st.integers(int(field.low), int(field.high))
    if field.form in STRATEGIES:
        return STRATEGIES[field.form]
    words = () if field.closed or field.form is Form.FLAG else WORDS
    return st.sampled_from((*field.values, *words))
