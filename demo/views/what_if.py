"""The probability over the amount and another field, and where decisions change."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from console.api import Payment
from console.explore import Axis, Curve, Span, at_hour, can_vary, hour_of
from console.form import choice
from console.palette import LOOKS
from console.plots.curves import choices, curve
from console.schema import CHOICES, Field, Schema
from console.shell import api, errors_shown, model
from console.words import percent

KEY = "if_"


CAPTION = (
    "The mark is the payment, the dashed line the model's threshold. A decision also depends on "
    "the amount, so its regions do not follow the probability alone."
)
OF_BALANCE = (
    " If amount and balance are equal, the payment empties the account. Dotted: the amount exceeds "
    "the balance. "
)


def begin(payments: dict[str, Payment], schema: Schema) -> Payment:
    """The payment that the widgets change."""
    if schema.built_in.varied is not None:
        return schema.built_in.varied
    if not payments:
        st.info("This model has no payment to begin with.", icon=":material/tune:")
        st.stop()
    name = st.selectbox(
        "Begin with", list(payments), key="start", bind="query-params", on_change=forget
    )
    return payments[name]


def forget() -> None:
    """Let the widgets begin with another payment."""
    for key in st.session_state:
        if str(key).startswith(KEY):
            del st.session_state[key]


def fields(payment: Payment, varied: list[Field], span: Span, schema: Schema) -> Payment:
    """The payment with the values of the widgets; each curve varies one of them."""
    values: dict[str, Any] = {}
    for index in range(0, len(varied), 2):  # row by row, because a narrow window stacks columns
        for column, field in zip(
            st.columns(2, gap="medium"), varied[index : index + 2], strict=False
        ):
            with column:
                values[field.name] = widget(field, payment.get(field.name), span, schema)
    made = payment | {name: value for name, value in values.items() if value is not None}
    return schema.built_in.with_payee(made)


def widget(field: Field, now: Any, span: Span, schema: Schema) -> Any:
    """The value of a field: a round amount, an hour, a choice or a number."""
    key, label = KEY + field.name, schema.label(field)
    if schema.has_hour(field):
        first(key, hour_of(now))
        hour = st.slider("Hour of day", 0, 23, format="%02d:00", key=key, bind="query-params")
        return at_hour(now, hour)
    if field.form == "money":
        stops = span.stops if field.role == "amount" else (0.0, *span.stops)
        first(key, span.nearest(now) if now else stops[0])
        label = f"{label}, in {schema.currency}"
        return st.select_slider(
            label, stops, format_func=round_amount, key=key, bind="query-params"
        )
    first(key, now)
    if field.form in CHOICES:
        return choice(field, label, key=key, bind="query-params")
    return st.number_input(label, value=None, format="%g", key=key, bind="query-params")


def first(key: str, value: Any) -> None:
    """The value of a widget at first, unless the page's link has one."""
    if key not in st.session_state and key not in st.query_params:
        st.session_state[key] = value


def round_amount(stop: float) -> str:
    """A stop of a slider: 300,000 or 0.15."""
    return f"{stop:,.0f}" if stop >= 1_000 else f"{stop:g}"


def show_curve(payment: Payment, field: Field, span: Span, schema: Schema) -> dict[str, Any]:
    """Draw one curve and return the payment's own point."""
    asked = Curve.of(payment, field, span, schema)
    points = asked.points(api().predict_batch(list(asked.payments)), schema)
    now, title = points[asked.now], schema.label(field)
    about = {"now": now, "threshold": known["threshold"], "title": title}
    if asked.axis is Axis.CHOICE:
        plot = choices(points, **about)
    else:
        drawn = [point for point in points if asked.axis is not Axis.LOG or point["x"] > 0]
        plot = curve(drawn, **about, axis=asked.axis)
    words = f"{percent(now['probability'])}, {now['decision']}"
    st.altair_chart(
        plot,
        key=f"curve-{field.name}",
        alt=f"Probability of fraud over the {title.lower()}; now {words}.",
    )
    return now


def another(varied: list[Field], schema: Schema) -> Field | None:
    """The field that the second curve varies, if there is one."""
    others = {field.name: field for field in varied if field.role != "amount"}
    if not others or schema.built_in.varied_too:
        return others.get(schema.built_in.varied_too)
    labels = {name: schema.label(field) for name, field in others.items()}
    name = st.selectbox(
        "Vary besides the amount",
        list(others),
        format_func=labels.__getitem__,
        key="besides",
        bind="query-params",
    )
    return others[name]


def heading(field: Field, schema: Schema) -> str:
    """The words above a curve."""
    short = {"amount": "Another amount", "balance": "Another balance"}
    return short.get(field.role, f"By {schema.label(field).lower()}")


def show_curves(
    payment: Payment, curves: list[Field], span: Span, schema: Schema, verdict: DeltaGenerator
) -> None:
    """The curves side by side, and the verdict on the payment itself in its place."""
    for column, field in zip(st.columns(2, gap="medium"), curves, strict=False):
        with column:
            st.subheader(heading(field, schema), anchor=False)
            now = show_curve(payment, field, span, schema)
    look = LOOKS[now["decision"]].tag(now["decision"].capitalize())
    verdict.header(f"{look} at a probability of {percent(now['probability'])}", anchor=False)
    warning = schema.beyond_balance(payment)
    if warning:
        verdict.warning(warning, icon=":material/account_balance_wallet:")


known = model()
schema = Schema.of(known)
verdict = st.container()
st.markdown("Move a slider. Each curve shows the API's answers to up to a hundred payments.")
payments = schema.examples(known)
with st.container(border=True):
    payment = begin(payments, schema)
    span = Span.of(schema, payments.values())
    varied = [field for field in schema.asked if can_vary(field, schema)]
    varied.sort(key=lambda field: field.form != "money")
    payment = fields(payment, varied, span, schema)
    besides = another(varied, schema)
with errors_shown("curves", schema.labels):
    amount = next(field for field in varied if field.role == "amount")
    show_curves(payment, [amount, *([besides] if besides else [])], span, schema, verdict)
    about_balance = OF_BALANCE + schema.built_in.beyond_balance
    st.caption(CAPTION + (about_balance if schema.role("balance") else ""))
