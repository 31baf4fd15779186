"""The review queue: what people decide, and how right they were."""

import streamlit as st

from console.reviews.about import About
from console.reviews.client import NoQueueError, Review
from console.reviews.desk import Desk, desk, opened
from console.reviews.listing import narrowed, show_list, show_summary, show_tools
from console.reviews.mine import show_mine
from console.reviews.opened import show_back, show_opened
from console.reviews.when import zone_of
from console.schema import Schema
from console.shell import errors_shown, model, reviews

MOST_NAME = 64
QUEUE, MINE = "Queue", "Your reviews"
SHOWN = {"error": st.error, "info": st.info, "success": st.success, "warning": st.warning}


def ask_name(at: Desk) -> None:
    """Ask who reviews; every decision bears the name."""
    with st.form("name", width=480):
        st.subheader("Who is reviewing?", anchor=False)
        name = st.text_input(
            "Your name", key="analyst", max_chars=MOST_NAME, placeholder="Such as Ana Ruiz"
        )
        st.caption("It stands beside each of your decisions. You are asked once.")
        if st.form_submit_button("Go on", key="named") and name.strip():
            at.analyst = name.strip()
            st.rerun()
    st.stop()


def tell_news(at: Desk) -> None:
    """What came of the last decision."""
    news = at.take_news()
    if news:
        kind, words = news
        SHOWN[kind](words)


def show_queue(at: Desk, waiting: list[Review], about: About, *, more: bool) -> None:
    """The payments that wait, or how to have some."""
    if not waiting:
        nothing_waits()
        return
    show_summary(waiting, about, has_more=more)
    show_list(at, show_tools(at, waiting, about), about)
    if more:
        st.button("Ask for more", key="pages", on_click=at.ask_for_more)


def nothing_waits() -> None:
    """The empty queue, and how to fill it."""
    st.info(
        "A payment waits here once the model decides to review it and the API records it. To fill "
        "the queue of an API on this machine, let the page Stream run with Remember switched on.",
        title="Nothing waits for review",
        icon=":material/inbox:",
    )
    st.page_link("views/stream.py", label="Open Stream", icon=":material/stream:")


def show_payment(name: str, at: Desk, waiting: list[Review], about: About) -> None:
    """The payment that is open."""
    show_back(len(waiting))
    review = reviews().read(name)
    if review is None:
        st.warning("This payment was never for review.", icon=":material/search_off:")
        return
    show_opened(at, review, about)


def page(at: Desk) -> None:
    """The open payment, or the queue, or the analyst's own reviews."""
    known = model()
    about = About(known, Schema.of(known), zone_of(st.context.timezone))
    waiting, more = reviews().open(at.pages)
    if not at.analyst:
        ask_name(at)
    at.take_next(narrowed(waiting))
    tell_news(at)
    name = opened()
    if name:
        show_payment(name, at, waiting, about)
        return
    options = [QUEUE, MINE]
    chosen = st.segmented_control(
        "Shown", options, default=QUEUE, required=True, key="shown", label_visibility="collapsed"
    )
    if chosen == MINE:
        show_mine(reviews().closed_by(at.analyst), about.zone)
    else:
        show_queue(at, waiting, about, more=more)


with errors_shown("reviews"):
    try:
        page(desk())
    except NoQueueError as none:
        st.warning(none.advice, title=none.title, icon=":material/lock:")
