"""An open payment: its figures, its reasons and the buttons."""

from datetime import tzinfo

import streamlit as st

from console.answers import show_limits, show_reasons, show_waterfall
from console.errors import ApiError
from console.palette import LOOKS
from console.payments import money
from console.reviews.about import About
from console.reviews.accounts import show_accounts, show_others
from console.reviews.client import ClosedError, NoQueueError, Review
from console.reviews.desk import Desk, leave
from console.reviews.facts import in_words
from console.reviews.queue import short
from console.reviews.when import moment
from console.schema import Schema
from console.shell import is_api_view, reviews
from console.words import features_in_words, literal, percent

CHOICES = (
    ("genuine", LOOKS["approve"].tag("Approve"), "A"),
    ("fraud", LOOKS["block"].tag("Fraud"), "F"),
)
"""The label that an analyst gives, the words of the button, and its key."""

SOURCES = {"chargeback": "A chargeback", "customer": "The customer"}
MOST_NOTE = 500


def show_opened(desk: Desk, review: Review, about: About) -> None:
    """Everything about a payment, the verdict and the buttons first."""
    with st.container(border=True):
        figures, reasons = st.columns(2, gap="medium")
        with figures:
            _figures(review, about)
        with reasons:
            st.markdown("**Why it waits here**")
            show_reasons(review["reasons"])
        if is_done(review):
            _done(review, desk, about.zone)
        else:
            _buttons(desk, review, about.zone)
    show_limits(review["degraded"])
    left, right = st.columns(2, gap="medium")
    with left:
        show_accounts(review)
    with right:
        labels = features_in_words(about.model, about.schema.built_in.words)
        show_waterfall(review["explanation"], review["fraud_probability"], labels)
        _facts(review, about.schema)
        show_others(review, about.zone)


def is_done(review: Review) -> bool:
    """Whether it has left the queue."""
    return bool(review["closed"] or review["label"])


def _figures(review: Review, about: About) -> None:
    accounts = review["accounts"]
    kind = literal(about.schema.kind(review["facts"]))
    st.header(money(review["amount"], review["currency"]), anchor=False)
    st.markdown(
        f"{kind or 'Payment'} from `{short(accounts.get('payer'))}` to "
        f"`{short(accounts.get('payee'))}`, {moment(review['time'], about.zone)}"
    )
    with st.container(horizontal=True, gap="medium"):
        st.metric("Probability of fraud", percent(review["fraud_probability"]), width="content")
        st.metric(
            "Expected loss if approved",
            money(review["expected_loss"], review["currency"], 0),
            width="content",
        )
        if is_api_view():
            st.metric("threshold", percent(review["threshold"]), width="content")
    if is_api_view():
        st.caption(f"Prediction {review['prediction_id']} of model {review['model_version']}.")


def _buttons(desk: Desk, review: Review, zone: tzinfo) -> None:
    name = review["prediction_id"]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        for label, words, key in CHOICES:
            st.button(
                words,
                key=label,
                shortcut=key,
                on_click=decide,
                args=(desk, review, label, zone),
            )
        st.button(
            "Skip",
            key="skip",
            shortcut="S",
            on_click=desk.skip,
            args=(name,),
        )
        st.text_input(
            "Note",
            key=f"note-{name}",
            max_chars=MOST_NOTE,
            placeholder="A note, if you like",
            label_visibility="collapsed",
            width=280,
            persist_state="page",
        )


def decide(desk: Desk, review: Review, label: str, zone: tzinfo) -> None:
    """Close the payment as the analyst says, and go on to the next one."""
    name = review["prediction_id"]
    note = st.session_state.get(f"note-{name}", "").strip()
    amount = money(review["amount"], review["currency"])
    try:
        reviews().close(name, label, desk.analyst, note)
    except ClosedError as earlier:
        desk.tell("warning", f"{who_closed(earlier, amount, zone)} Your decision was not needed.")
    except (ApiError, NoQueueError) as error:
        desk.tell("error", f"{error.title}. {error.advice}")
        return
    else:
        desk.tell("success", f"You closed the payment of {amount} as {label}.")
    desk.open_next()


def who_closed(earlier: ClosedError, amount: str, zone: tzinfo) -> str:
    """Who closed a payment, when, and how."""
    at, label = moment(earlier.at, zone), earlier.label
    source = SOURCES.get(earlier.by)
    if source:
        return f"{source} told on {at} that the payment of {amount} was {label}."
    return f"{literal(earlier.by)} closed the payment of {amount} as {label} on {at}."


def _done(review: Review, desk: Desk, zone: tzinfo) -> None:
    """Who closed the payment, in place of the buttons."""
    closed, label = review["closed"], review["label"]
    by, told = (closed["by"], closed) if closed else (label["source"], label)
    amount = money(review["amount"], review["currency"])
    st.info(
        who_closed(ClosedError(by, told["at"], told["label"]), amount, zone),
        icon=":material/task_alt:",
    )
    st.button(
        "Next",
        key="next",
        icon=":material/skip_next:",
        shortcut="S",
        on_click=desk.open_next,
    )


def _facts(review: Review, schema: Schema) -> None:
    """What else is known of the payment."""
    rows = [
        {"Fact": literal(name), "Value": literal(value)}
        for name, value in in_words(review["facts"], schema, review["currency"]).items()
    ]
    with st.expander("All that was known of the payment", icon=":material/list:"):
        st.table(rows, hide_index=True, border="horizontal", alt="Facts of the payment")


def show_back(waiting: int) -> None:
    """The way back to the queue."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Queue",
            key="back",
            icon=":material/arrow_back:",
            type="tertiary",
            shortcut="Esc",
            on_click=leave,
        )
        st.caption(f"{waiting:,} waiting", width="content")
