"""The histories of an open payment's accounts, as small pictures and in words."""

from datetime import tzinfo

import streamlit as st

from console.connection import Answer
from console.palette import LOOKS
from console.payments import money
from console.plots.accounts import against_usual, by_day
from console.reviews.client import Review
from console.reviews.queue import short
from console.reviews.when import before, counted, moment
from console.words import percent, sentence, value_in_words

UNKNOWN = "not known yet"
MOST_OTHERS = 8
HISTORIES_OF = {"received": "Payer's receipts"}
"""Words for accounts, where the API's own name is short of some."""


def show_accounts(review: Review) -> None:
    """The history of each account."""
    for role, history in review["histories"].items():
        with st.container(border=True):
            _account(role, history, review)


def _account(role: str, history: Answer, review: Review) -> None:
    words = account(role)
    if not history or not history["id"]:
        st.markdown(f"**{words}:** this payment names none.")
        return
    st.markdown(f"**{words}** `{short(history['id'])}`  \n{in_words(history['seen'])}")
    if history["days"]:
        st.altair_chart(
            by_day(history["days"]), key=f"days-{role}", alt=f"{words}: payments by day."
        )
    usual = usual_amount(history["seen"])
    if usual is not None:
        amount, currency = review["amount"], review["currency"]
        st.altair_chart(
            against_usual(amount, usual, currency),
            key=f"usual-{role}",
            alt=f"{words}: this payment is {money(amount, currency)}, its usual one in the 30 days "
            f"before {money(usual, currency)}.",
        )


def usual_amount(seen: Answer | None) -> float | None:
    """The mean amount of the 30 days before; None without payments in them."""
    if not seen or not seen["count_30d"]:
        return None
    return float(seen["sum_30d"] / seen["count_30d"])


def in_words(seen: Answer | None) -> str:
    """What an account did before a payment."""
    if not seen or not seen["seen"]:
        return "Never seen before, as far as the API remembers."
    told = [
        (
            f"{counted(seen['count_30d'], 'payment')} in the 30 days before, "
            f"{seen['count_24h'] or 'none'} in the last 24 hours; "
            f"the latest {before(seen['since_last_s'])}."
        )
    ]
    if seen["new_partner"]:
        told.append("The other account is new to it.")
    if seen["frauds_30d"]:
        told.append(f":red[{counted(seen['frauds_30d'], 'known fraud')}.]")
    return " ".join(told)


def show_others(review: Review, zone: tzinfo) -> None:
    """The latest decisions on the same accounts."""
    rows = [_row(each, roles, review, zone) for each, roles in others(review)[:MOST_OTHERS]]
    st.subheader("Other decisions on the same accounts", anchor=False)
    if not rows:
        st.markdown("None is on record.")
        return
    st.table(rows, hide_index=True, border="horizontal", alt="Other decisions on the same accounts")


def others(review: Review) -> list[tuple[Answer, list[str]]]:
    """These decisions, the latest first, each with the accounts that it shares."""
    found: dict[str, tuple[Answer, list[str]]] = {}
    for role, history in review["histories"].items():
        for each in history["decisions"] if history else ():
            found.setdefault(each["prediction_id"], (each, []))[1].append(role)
    return sorted(found.values(), key=lambda each: each[0]["time"], reverse=True)


def _row(decision: Answer, roles: list[str], review: Review, zone: tzinfo) -> dict[str, str]:
    return {
        "Account": sentence(" and ".join(account(each).lower() for each in roles)),
        "Payment": f"{money(decision['amount'], review['currency'])}, "
        f"{moment(decision['time'], zone)}",
        "Decision": f"{_tag(decision['decision'])} at {percent(decision['fraud_probability'])}",
        "Outcome": outcome(decision["label"]),
    }


def _tag(decision: str) -> str:
    return LOOKS[decision].tag(decision.capitalize())


def outcome(label: str | None) -> str:
    """What became known of a payment."""
    return f":red[{label}]" if label == "fraud" else label or UNKNOWN


def account(role: str) -> str:
    """The words for an account of a payment."""
    return HISTORIES_OF.get(role) or value_in_words(role)
