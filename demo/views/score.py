"""One payment: its answer and the reasons."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from console.answers import show_costs, show_request, show_verdict, show_waterfall
from console.api import Payment
from console.connection import Reply
from console.errors import ApiError
from console.form import as_entries, form
from console.payments import Entry, read_payment
from console.schema import Schema
from console.shell import api, errors_shown, is_api_view, model
from console.words import features_in_words


def presets(payments: Mapping[str, Payment], schema: Schema) -> None:
    """A button for each preset; the form starts with the payment of the page's link, or the first.

    The model's own examples come first: to a model trained on other amounts, the fixed presets are
    merely small or large payments.
    """
    first: Payment = next(iter(payments.values()), {})
    for key, value in as_entries(first, schema).items():
        if key not in st.session_state and key not in st.query_params:
            st.session_state[key] = value
    with st.container(horizontal=True, gap="small"):
        for name, payment in payments.items():
            st.button(
                name,
                key=f"preset-{name}",
                on_click=st.session_state.update,
                args=(as_entries(payment, schema),),
            )


def ask(
    entries: Mapping[str, Entry], places: Mapping[str, Any], schema: Schema
) -> tuple[Payment, Reply]:
    """The payment and its answer; an error is shown at its field."""
    try:
        payment = read_payment(entries, schema)
        return payment, api().predict(payment)
    except ApiError as error:
        for name in places.keys() & error.faults.keys():
            places[name].error(error.faults[name])
        raise


known = model()
schema = Schema.of(known)
verdict, payment_form = st.columns([2, 3], gap="medium")
with payment_form:
    st.markdown("**Choose a payment or enter one.** Only facts known before the money moves.")
    presets(schema.examples(known), schema)
    with st.container(border=True):
        entries, places = form(schema)
with verdict, errors_shown("answer", schema.labels):
    payment, reply = ask(entries, places, schema)
    answer = reply.body
    show_verdict(reply, schema.beyond_balance(payment), schema.currency)
    show_costs(answer, known["policy"], schema.currency)
    with payment_form:
        labels = features_in_words(known, schema.built_in.words)
        show_waterfall(answer["explanation"], answer["fraud_probability"], labels)
        if is_api_view():
            show_request(payment, api().url)
