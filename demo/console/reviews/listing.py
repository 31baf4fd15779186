"""The queue as a list, its filter and its download."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from console.payments import in_words, money, read_amount
from console.reviews.about import About
from console.reviews.client import Review
from console.reviews.desk import AT_A_TIME, Desk, open_payment
from console.reviews.queue import Filter, codes_of, short
from console.reviews.sheet import as_csv
from console.reviews.when import moment
from console.words import literal, percent

SHORTCUT = "O"
TEXT, REASONS, LEAST, MOST, PROBABILITY = (
    f"filter_{name}" for name in ("text", "reasons", "least", "most", "probability")
)


def show_summary(reviews: Sequence[Review], about: About, *, has_more: bool) -> None:
    """How much waits, and what is at stake."""
    at_stake = sum(each["expected_loss"] for each in reviews)
    with st.container(horizontal=True, gap="medium"):
        more = " or more" if has_more else ""
        st.metric("Waiting for review", f"{len(reviews):,}{more}", width="content")
        st.metric(
            "Expected loss if approved", money(at_stake, about.schema.currency, 0), width="content"
        )
    if in_words(about.schema.currency):
        st.caption(in_words(about.schema.currency))


def show_tools(desk: Desk, reviews: Sequence[Review], about: About) -> list[Review]:
    """The button to begin, the filter and the download; the reviews that pass the filter."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        begin = st.empty()
        with st.popover("Filter", icon=":material/filter_list:"):
            ask_filter(reviews, about.schema.currency)
        passed = narrowed(reviews)
        begin.button(
            "Start reviewing",
            key="begin",
            icon=":material/play_arrow:",
            shortcut=SHORTCUT,
            on_click=desk.open_next,
            disabled=not passed,
        )
        st.download_button(
            "CSV",
            as_csv(passed),
            "reviews.csv",
            "text/csv",
            key="csv",
            on_click="ignore",
            icon=":material/download:",
            help="The payments below, as the filter leaves them.",
        )
    if len(passed) < len(reviews):
        st.caption(f"The filter leaves {len(passed):,} of {len(reviews):,}.")
    return passed


def ask_filter(reviews: Sequence[Review], currency: str) -> None:
    """The widgets of the filter; they keep their values while a payment is open."""
    kept: dict[str, Any] = {"persist_state": "page"}
    words = codes_of(reviews)
    st.text_input("Text", key=TEXT, placeholder="An id, a fact or a reason", **kept)
    st.multiselect(
        "Reasons",
        list(words),
        key=REASONS,
        format_func=lambda code: words.get(code, code),
        **kept,
    )
    for label, key in ((f"Amount from, in {currency}", LEAST), ("Amount up to", MOST)):
        st.text_input(label, key=key, **kept)
        if _amount(key) is None and st.session_state[key]:
            st.error("Write a number such as 1,234.56.")
    st.slider("Probability of fraud from", 0, 100, format="%d %%", key=PROBABILITY, **kept)


def narrowed(reviews: Sequence[Review]) -> list[Review]:
    """The reviews that pass the filter."""
    state = st.session_state
    chosen = Filter(
        state.get(TEXT, ""),
        tuple(state.get(REASONS, ())),
        _amount(LEAST),
        _amount(MOST),
        state.get(PROBABILITY, 0) / 100,
    )
    return [each for each in reviews if chosen.passes(each)]


def _amount(key: str) -> float | None:
    """The number in a widget, None without one."""
    try:
        return read_amount(st.session_state.get(key, ""))
    except ValueError:
        return None


def show_list(desk: Desk, reviews: Sequence[Review], about: About) -> None:
    """The payments, the largest expected loss first."""
    for review in reviews[: desk.shown]:
        _row(review, about)
    if len(reviews) > desk.shown:
        st.button(
            f"Show {min(AT_A_TIME, len(reviews) - desk.shown)} more",
            key="more",
            on_click=desk.show_more,
        )


def _row(review: Review, about: About) -> None:
    name = review["prediction_id"]
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(in_two_lines(review, about), width="stretch")
        st.markdown(_figure(percent(review["fraud_probability"]), "probability"), width=84)
        loss = money(review["expected_loss"], review["currency"], 0)
        st.markdown(_figure(loss, "expected loss"), width=130)
        st.button("Open", key=f"open-{name}", on_click=open_payment, args=(name,))


def _figure(value: str, label: str) -> str:
    return f"**{value}**  \n:small[:gray[{label}]]"


def in_two_lines(review: Review, about: About) -> str:
    """A payment in two lines: amount, kind and payee; time and reasons."""
    kind = literal(about.schema.kind(review["facts"]))
    payee = short(review["accounts"].get("payee"))
    first, *others = [literal(each["text"]) for each in review["reasons"]] or ["No reason is told."]
    more = f" And {len(others)} more." if others else ""
    return (
        f"**{money(review['amount'], review['currency'])}** {kind} to `{payee}`"
        f"  \n:small[:gray[{moment(review['time'], about.zone)} \N{MIDDLE DOT} {first}{more}]]"
    )
