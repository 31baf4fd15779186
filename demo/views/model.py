"""Which model answers, how good it was on later days, and what to be warned of."""

from typing import Any

import streamlit as st

from console.charts import precision_over_recall, reliability
from console.palette import LOOKS
from console.payments import write_amount
from console.shell import model
from console.words import percent


def what_it_is(known: dict[str, Any]) -> None:
    """Its data, in a sentence."""
    seen, metrics = known["trained_on"], known["metrics"]
    window = seen["evaluated_on"]
    st.markdown(
        f"Model {known['version']} learnt from {seen['rows']:,} payments, {seen['frauds']:,} of "
        f"them fraud. {judged(known)} Figures are of hours {window['start']} to {window['end']}: "
        f"{metrics['transactions']:,.0f} payments, {metrics['frauds']:,} frauds "
        f"({percent(metrics['fraud_rate'])})."
    )


def judged(known: dict[str, Any]) -> str:
    """Which model the figures are of: a refitted one has seen the days it would be judged on."""
    metrics = known["metrics"]
    until = f"learnt until hour {metrics['evaluated_until']}"
    if not known["trained_on"]["refitted"]:
        return f"It was measured itself: it {until}, and was judged on later payments."
    return (
        f"The figures below are not its own but those of model {metrics['evaluated_version']}, "
        f"which has the same settings, {until}, and was judged on later payments. This one has "
        "learnt from those since."
    )


def figure(label: str, value: str, below: str) -> None:
    """A number, and what it means."""
    st.metric(label, value, below, delta_color="off", delta_arrow="off", border=True)


def figures(known: dict[str, Any]) -> None:
    """The two numbers that sum it up, then what the owner of a queue asks."""
    metrics = known["metrics"]
    by_set = metrics["average_precision_by_feature_set"]
    low, high = metrics["average_precision_low"], metrics["average_precision_high"]
    reviews = metrics["recall_at_reviews"][-1]
    with st.container(horizontal=True):
        figure(
            f"Average precision, {known['feature_set']}",
            f"{metrics['average_precision']:.3f}",
            f"{low:.3f} to {high:.3f} by resampling",
        )
        if "strict" in by_set and known["feature_set"] != "strict":
            figure(
                "Average precision, strict",
                f"{by_set['strict']:.3f}",
                "without balances and hour",
            )
        figure(
            "Frauds found",
            percent(reviews["recall"]),
            f"at {reviews['reviews_per_thousand']:g} reviews in 1,000",
        )
        figure(
            "Observed over expected",
            f"{metrics['calibration']['observed_over_expected']:.2f}",
            "frauds; 1 is calibrated",
        )


def warnings(metrics: dict[str, Any]) -> None:
    """What its training warned of."""
    for sentence in metrics["warnings"]:
        if sentence.startswith("Not compared"):
            st.info(sentence, icon=":material/balance:")
        else:
            st.warning(sentence, icon=":material/warning:")
    if not metrics["warnings"]:
        st.success("Its training warned of nothing.", icon=":material/check:")


def curves(metrics: dict[str, Any]) -> None:
    """Whether its probabilities hold, and how it ranks; models of old do not tell."""
    if "curve" not in metrics or "reliability" not in metrics:
        st.info("This model does not tell its curves. Train it anew to see them here.")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.header("Do its probabilities hold?", anchor=False)
        st.altair_chart(
            reliability(metrics["reliability"]),
            key="reliability",
            alt="Reliability: share of fraud seen over the probability said, by bins.",
        )
        st.caption("Each mark is a bin of about as many frauds; on the dashed line it is right.")
    with right:
        st.header("How well does it rank?", anchor=False)
        st.altair_chart(
            precision_over_recall(metrics["curve"], metrics["fraud_rate"]),
            key="precision-recall",
            alt="Precision over recall, with intervals.",
        )
        st.caption("The band holds 95 of 100 resamplings; the dashed line is chance.")


def outcome(known: dict[str, Any]) -> None:
    """What its decisions would have cost on those days."""
    found = known["metrics"]["outcome"]
    currency = known["policy"]["currency"]
    st.header("What its decisions would have cost", anchor=False)
    rows = [
        {
            "Decision": LOOKS[each["decision"]].tag(each["decision"].capitalize()),
            "Payments": f"{each['transactions']:,.0f}",
            "Frauds": f"{each['frauds']:,.0f}",
            "Cost": write_amount(each["cost"]),
        }
        for each in found["by_decision"]
    ]
    st.table(rows, hide_index=True, border="horizontal", alt="Outcome of each decision")
    saved = found["saved"]["approving all"]
    st.caption(
        f"In {currency}. Against approving all, the policy saves {write_amount(saved['amount'])} "
        f"({percent(saved['share'])}); {percent(found['queue_precision'])} of the reviews find "
        "fraud."
    )


st.title("Model")
known = model()
what_it_is(known)
figures(known)
warnings(known["metrics"])
curves(known["metrics"])
outcome(known)
