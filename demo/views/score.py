"""One payment: its answer and the reasons."""

from typing import Any

import streamlit as st

from console.answers import show_costs, show_request, show_verdict, show_waterfall
from console.api import Reply
from console.errors import NAMES, ApiError
from console.payments import PRESETS, TYPES, Payment, examples_of, read_payment, write_amount
from console.shell import api, errors_shown, model


def as_fields(payment: Payment) -> dict[str, Any]:
    """The values of the form's fields for a payment."""
    return {
        "type": payment.type,
        "amount": write_amount(payment.amount),
        "balance": write_amount(payment.balance),
        "hour": payment.hour,
        "payer": payment.payer,
        "payee": payment.payee,
    }


def presets(own: dict[str, Payment]) -> None:
    """A button for each preset; the form starts with the payment of the page's link, or the first.

    The model's own examples come first: to a model trained on other amounts, the fixed presets are
    merely small or large payments.
    """
    first, *_ = own.values()
    for key, value in as_fields(first).items():
        if key not in st.session_state and key not in st.query_params:
            st.session_state[key] = value
    with st.container(horizontal=True, gap="small"):
        for name, payment in (own | PRESETS).items():
            st.button(
                name,
                key=f"preset-{name}",
                on_click=st.session_state.update,
                args=(as_fields(payment),),
            )


def fields(currency: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of the form, and a place for an error below each field."""
    written: dict[str, Any] = {}
    places: dict[str, Any] = {}

    def text(name: str, key: str, hint: str, unit: str = "") -> None:
        label = NAMES[name] + unit
        written[name] = st.text_input(label, key=key, help=hint, bind="query-params")
        places[name] = st.empty()

    what, money, who = st.columns(3, gap="medium")
    with what:
        written["type"] = st.selectbox(
            NAMES["type"],
            list(TYPES),
            format_func=TYPES.__getitem__,
            key="type",
            help="A payment goes to a merchant.",
            bind="query-params",
        )
        written["step"] = st.slider(
            NAMES["step"],
            0,
            23,
            format="%02d:00",
            key="hour",
            help="On the payer's clock.",
            bind="query-params",
        )
    with money:
        unit = f", in {currency}"
        text("amount", "amount", "Such as 1,234.56.", unit)
        text("oldbalanceOrg", "balance", "Such as 1,234.56.", unit)
    with who:
        text("nameOrig", "payer", "Up to 64 characters, no spaces.")
        text("nameDest", "payee", "M at its start means a merchant.")
    return written, places


def ask(written: dict[str, Any], places: dict[str, Any]) -> tuple[Payment, Reply]:
    """The payment and its answer; an error is shown at its field."""
    try:
        payment = read_payment(written)
        return payment, api().predict(payment.as_request())
    except ApiError as error:
        for name in places.keys() & error.faults.keys():
            places[name].error(error.faults[name])
        raise


st.title("Score a payment")
st.markdown("Choose a payment or enter one. Only facts known before the money moves are needed.")
known = model()
policy = known["policy"]
presets(examples_of(known))
with st.container(border=True):
    written, places = fields(policy["currency"])
with errors_shown("answer"):
    payment, reply = ask(written, places)
    left, right = st.columns(2, gap="medium")
    with left:
        show_verdict(reply, payment)
        show_costs(reply.body, policy)
    with right:
        show_waterfall(reply.body)
        show_request(payment, api().url)
