"""What an analyst has in front of him or her: the state of the page."""

from dataclasses import dataclass, field
from typing import Final

import streamlit as st

from console.reviews.client import Review
from console.reviews.queue import following

PARAMETER: Final = "payment"
"""Of the page's address: the payment that is open."""

AT_A_TIME: Final = 20


@dataclass(slots=True)
class Desk:
    """The state of one window.

    Attributes
    ----------
    analyst : str
        Empty until it is told.
    skipped : list of str
        Ids of payments to decide later.
    wants_next : bool
        Open the payment that comes next.
    news : tuple of str
        The kind of a message, and the message; shown once.
    pages, shown : int
        Pages that are asked for, and payments of them that are listed.
    """

    analyst: str = ""
    skipped: list[str] = field(default_factory=list)
    wants_next: bool = False
    news: tuple[str, str] | None = None
    pages: int = 1
    shown: int = AT_A_TIME

    def open_next(self) -> None:
        """Open what comes next."""
        leave()
        self.wants_next = True

    def skip(self, prediction_id: str) -> None:
        """Leave a payment for later, and open what comes next."""
        self.skipped.append(prediction_id)
        self.open_next()

    def show_more(self) -> None:
        """List more of the payments."""
        self.shown += AT_A_TIME

    def ask_for_more(self) -> None:
        """Ask for more of the payments."""
        self.pages += 1

    def tell(self, kind: str, words: str) -> None:
        """Keep a message for the next run."""
        self.news = kind, words

    def take_news(self) -> tuple[str, str] | None:
        """The message, once."""
        news, self.news = self.news, None
        return news

    def take_next(self, reviews: list[Review]) -> None:
        """Open what comes next if it is wanted; if all were skipped, they come again."""
        if not self.wants_next:
            return
        self.wants_next = False
        found = following(reviews, self.skipped)
        if found:
            open_payment(found)
        elif reviews:
            self.skipped.clear()
            self.tell("info", "You have seen all of them. Those that you skipped are still here.")


def desk() -> Desk:
    """The desk of this session."""
    if "desk" not in st.session_state:
        st.session_state.desk = Desk()
    found: Desk = st.session_state.desk
    return found


def opened() -> str | None:
    """The id of the payment that is open."""
    found: str | None = st.query_params.get(PARAMETER)
    return found


def open_payment(prediction_id: str) -> None:
    """Open a payment; its address can be sent to a colleague."""
    st.query_params[PARAMETER] = prediction_id


def leave() -> None:
    """Go back to the queue."""
    st.query_params.pop(PARAMETER, None)
