"""The reviews that an analyst closed, and how right they were."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

import streamlit as st

from console.payments import money
from console.reviews.client import MOST, Review
from console.reviews.queue import short
from console.reviews.tally import Tally, was_right
from console.reviews.when import moment

VERDICTS = {
    True: ":blue[:material/check_circle: right]",
    False: ":red[:material/cancel: wrong]",
    None: ":gray[:material/hourglass_empty: open]",
}


def show_mine(closed: Sequence[Review], zone: tzinfo) -> None:
    """The tally of an analyst, and each review."""
    if not closed:
        st.info("You have not closed a payment yet.", icon=":material/inbox:")
        return
    tally = Tally.of(closed)
    with st.container(horizontal=True, gap="medium"):
        st.metric("Closed by you", f"{tally.reviewed:,}", width="content")
        right = f"{tally.right:,} of {tally.known:,}" if tally.known else "none known yet"
        st.metric("Right", right, width="content")
        st.metric("Still open", f"{tally.open:,}", width="content")
    st.caption(in_words(tally, len(closed)))
    st.table(
        [_row(each, zone) for each in closed],
        hide_index=True,
        border="horizontal",
        alt="Your reviews",
    )


def in_words(tally: Tally, count: int) -> str:
    """What the figures mean, and what they leave out."""
    latest = f"Your latest {MOST}. " if count == MOST else ""
    return (
        f"{latest}Right or wrong is known of {tally.known:,}, from a chargeback or the customer. "
        f"{tally.open:,} are still open: they count neither as right nor as wrong."
    )


def _row(review: Review, zone: tzinfo) -> dict[str, Any]:
    closed = review["closed"]
    label = review["label"]
    known = was_right(review)
    return {
        "Payment": f"{money(review['amount'], review['currency'])} to "
        f"`{short(review['accounts'].get('payee'))}`",
        "You said": f"{closed['label']}, {moment(closed['at'], zone)}",
        "Outcome": "" if known is None else f"{label['label']}, says the {label['source']}",
        "You were": VERDICTS[known],
    }
