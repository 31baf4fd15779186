"""The parts of a page that show an answer."""

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from console.api import Answer, Payment, Reply
from console.charts import waterfall
from console.costs import why_they_differ
from console.palette import LOOKS
from console.payments import curl, write_amount
from console.words import limit_in_words, percent


def show_verdict(reply: Reply, beyond_balance: str) -> None:
    """The decision, its figures and its reasons, and a warning if there is one."""
    answer = reply.body
    with st.container(border=True):
        _verdict(answer, reply.latency_ms)
        _reasons(answer)
    differ = why_they_differ(answer)
    if differ:
        st.info(differ, icon=":material/balance:")
    if beyond_balance:
        st.warning(beyond_balance, icon=":material/account_balance_wallet:")
    show_limits(answer["degraded"])


def show_limits(degraded: Iterable[str], title: str = "The answer is limited") -> None:
    """What limits an answer, or several, if anything does."""
    lines = [f"- {limit_in_words(limit)} `{limit}`" for limit in degraded]
    if lines:
        st.warning("\n".join(lines), title=title)


def _verdict(answer: Answer, latency_ms: float) -> None:
    decision = answer["decision"]
    st.header(LOOKS[decision].tag(decision.capitalize()), anchor=False)
    with st.container(horizontal=True, gap="medium"):
        st.metric("Probability of fraud", percent(answer["fraud_probability"]), width="content")
        st.metric("Threshold", percent(answer["threshold"]), width="content")
        st.metric(
            "is_fraud",
            str(answer["is_fraud"]).lower(),
            width="content",
            help="Whether the probability reaches the threshold.",
        )
    st.caption(
        f"Answered in {latency_ms:.0f} ms, network included, by model {answer['model_version']} "
        f"as prediction {answer['prediction_id']}."
    )


def _reasons(answer: Answer) -> None:
    if not answer["reasons"]:
        st.markdown("Approved payments have no reasons. The chart shows the contributions.")
        return
    lines = [f"- {reason['text']} `{reason['code']}`" for reason in answer["reasons"]]
    st.markdown("\n".join(lines))


def show_waterfall(answer: Answer, labels: Mapping[str, str]) -> None:
    """The contributions to the log-odds, by group of features."""
    explanation = answer["explanation"]
    st.subheader("Contributions to the probability", anchor=False)
    st.altair_chart(
        waterfall(explanation, labels), key="waterfall", alt=_waterfall_in_words(answer)
    )
    st.caption(
        f"The log-odds of {explanation['margin']:.2f} are calibrated to "
        f"{percent(answer['fraud_probability'])}."
    )


def _waterfall_in_words(answer: Answer) -> str:
    explanation = answer["explanation"]
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
            "Expected cost": write_amount(cost),
            "Chosen": ":material/check: lowest" if name == answer["decision"] else "",
        }
        for name, cost in answer["expected_costs"].items()
    ]
    st.table(rows, hide_index=True, border="horizontal", alt="Expected cost of each decision")
    queue = (
        f" A review includes {write_amount(policy['shadow_price'])} for its place in the queue, "
        f"which takes {policy['reviews_per_thousand']:g} in 1,000 payments."
    )
    st.caption(f"In {currency}.{queue if policy['shadow_price'] else ''}")


def show_request(payment: Payment, url: str) -> None:
    """The request as a shell command."""
    with st.expander("This request as curl", icon=":material/terminal:"):
        st.code(curl(url, payment), language="bash", wrap_lines=True)
