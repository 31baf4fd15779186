"""The parts of a page that show an answer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from console.api import Payment
from console.connection import Answer, Reply
from console.palette import LOOKS
from console.payments import curl, money
from console.plots.waterfall import waterfall
from console.shell import is_api_view
from console.words import limit_in_words, literal, percent


def show_verdict(reply: Reply, beyond_balance: str, currency: str) -> None:
    """The decision, its figures and its reasons, and a warning if there is one."""
    answer = reply.body
    with st.container(border=True):
        _verdict(answer, reply.latency_ms, currency)
        show_reasons(answer["reasons"])
    differ = why_they_differ(answer, currency) if is_api_view() else None
    if differ:
        st.info(differ, icon=":material/balance:")
    if beyond_balance:
        st.warning(beyond_balance, icon=":material/account_balance_wallet:")
    show_limits(answer["degraded"])


def show_limits(degraded: Iterable[str], title: str = "The answer is limited") -> None:
    """What limits an answer, or several, if anything does."""
    lines = [f"- {limit_in_words(limit)}{_code(limit)}" for limit in degraded]
    if lines:
        st.warning("\n".join(lines), title=title)


def _code(name: str) -> str:
    return f" `{name}`" if is_api_view() else ""


def _verdict(answer: Answer, latency_ms: float, currency: str) -> None:
    decision = answer["decision"]
    st.header(LOOKS[decision].tag(decision.capitalize()), anchor=False)
    with st.container(horizontal=True, gap="medium"):
        st.metric("Probability of fraud", percent(answer["fraud_probability"]), width="content")
        st.metric(
            "Expected loss if approved",
            money(answer["expected_costs"]["approve"], currency, 0),
            width="content",
        )
        if is_api_view():
            _is_fraud(answer)
    by = f"by model {answer['model_version']} as prediction {answer['prediction_id']}"
    st.caption(
        f"Answered in {latency_ms:.0f} ms, network included"
        f"{f', {by}' if is_api_view() else ''}. Nothing is recorded."
    )


def _is_fraud(answer: Answer) -> None:
    st.metric("threshold", percent(answer["threshold"]), width="content")
    st.metric(
        "is_fraud",
        str(answer["is_fraud"]).lower(),
        width="content",
        help="Whether the probability reaches the threshold.",
    )


def show_reasons(reasons: Sequence[Answer]) -> None:
    """The reasons of an answer, as a list."""
    if not reasons:
        st.markdown("Approved payments have no reasons. The chart shows what mattered.")
        return
    st.markdown("\n".join(f"- {literal(each['text'])}{_code(each['code'])}" for each in reasons))


def why_they_differ(answer: Answer, currency: str) -> str | None:
    """Why `is_fraud` and the decision disagree on a payment; None where they agree."""
    if answer["is_fraud"] is (answer["decision"] != "approve"):
        return None
    costs = dict(answer["expected_costs"])
    chosen = costs.pop(answer["decision"])
    others = " and ".join(f"{money(cost, currency)} to {name}" for name, cost in costs.items())
    side = "reaches" if answer["is_fraud"] else "stays below"
    return (
        f"The probability {side} the threshold, so `is_fraud` is {str(answer['is_fraud']).lower()}."
        f" The decision is the one with the lowest expected cost: {money(chosen, currency)} to "
        f"{answer['decision']}, against {others}."
    )


def show_waterfall(
    explanation: Answer, probability: float, labels: Mapping[str, str], key: str = "waterfall"
) -> None:
    """What raised and what lowered the probability, by group of features."""
    verdict, in_words = percent(probability), not is_api_view()
    st.subheader("What raises the probability, and what lowers it", anchor=False)
    st.altair_chart(
        waterfall(explanation, labels, verdict, in_words=in_words),
        key=key,
        alt=_waterfall_in_words(explanation, verdict, in_words=in_words),
    )
    if not in_words:
        st.caption(f"The log-odds of {explanation['margin']:.2f} are calibrated to {verdict}.")


def _waterfall_in_words(explanation: Answer, verdict: str, *, in_words: bool) -> str:
    if in_words:
        return f"Waterfall from an average payment to this one, at {verdict}."
    return (
        f"Waterfall of log-odds, from {explanation['base_value']:.2f} for all payments to "
        f"{explanation['margin']:.2f} for this one."
    )


def show_costs(answer: Answer, policy: dict[str, Any], currency: str) -> None:
    """The expected cost of each decision."""
    st.subheader("Expected cost of each decision", anchor=False)
    rows = [
        {
            "Decision": LOOKS[name].tag(name.capitalize()),
            "Expected cost": money(cost, currency),
            "Chosen": ":material/check: lowest" if name == answer["decision"] else "",
        }
        for name, cost in answer["expected_costs"].items()
    ]
    st.table(rows, hide_index=True, border="horizontal", alt="Expected cost of each decision")
    queue = (
        f" A review includes {money(policy['shadow_price'], currency)} for its place in the queue, "
        f"which takes {policy['reviews_per_thousand']:g} in 1,000 payments."
    )
    st.caption(f"In {currency}.{queue if policy['shadow_price'] else ''}")


def show_request(payment: Payment, url: str) -> None:
    """The request as a shell command."""
    with st.expander("This request as curl", icon=":material/terminal:"):
        st.code(curl(url, payment), language="bash", wrap_lines=True)
