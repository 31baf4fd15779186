"""The model in service, its metrics on later days, and its warnings."""

from typing import Any

import streamlit as st

from console.palette import LOOKS
from console.payments import money
from console.plots.charts import precision_over_recall, reliability
from console.schema import Schema
from console.shell import model
from console.words import percent


def summary(known: dict[str, Any]) -> None:
    """The model's training data, in a sentence."""
    seen, metrics = known["trained_on"], known["metrics"]
    st.markdown(
        f"Model {known['version']} was trained on {seen['rows']:,} payments, {seen['frauds']:,} of "
        f"them fraud. {evaluated(known)} Test period: {seen['evaluated_on']['shown']}, with "
        f"{metrics['transactions']:,.0f} payments, {metrics['frauds']:,} frauds "
        f"({percent(metrics['fraud_rate'])})."
    )


def evaluated(known: dict[str, Any]) -> str:
    """A sentence on which model was tested: a refitted one was trained on the test days too."""
    metrics = known["metrics"]
    until = f"was trained until {metrics['evaluated_until_shown']}"
    if not known["trained_on"]["refitted"]:
        return f"The figures are its own: it {until}, and was tested on later payments."
    return (
        f"The figures below belong to model {metrics['evaluated_version']}, "
        f"which has the same settings, {until}, and was tested on later payments. This one was "
        "trained on those as well."
    )


def figure(label: str, value: str, below: str) -> None:
    """A number with its label and a note."""
    st.metric(label, value, below, delta_color="off", delta_arrow="off", border=True)


def figures(known: dict[str, Any], schema: Schema) -> None:
    """Average precision, then the figures that matter to a review team."""
    metrics = known["metrics"]
    by_set = metrics["average_precision_by_feature_set"]
    low, high = metrics["average_precision_low"], metrics["average_precision_high"]
    reviews = metrics["recall_at_reviews"][-1]
    with st.container(horizontal=True):
        figure(
            f"Average precision, {known['feature_set']}",
            f"{metrics['average_precision']:.3f}",
            f"95 %: {low:.3f} to {high:.3f}",
        )
        for name, lacks in simpler(known["feature_set"], schema).items():
            if name in by_set:
                figure(f"Average precision, {name}", f"{by_set[name]:.3f}", lacks)
        figure(
            "Frauds detected",
            percent(reviews["recall"]),
            f"at {reviews['reviews_per_thousand']:g} reviews in 1,000",
        )
        figure(
            "Observed over expected",
            f"{metrics['calibration']['observed_over_expected']:.2f}",
            "frauds; 1 is calibrated",
        )


def simpler(feature_set: str, schema: Schema) -> dict[str, str]:
    """The feature sets that the model's own is compared with, and what they lack."""
    strict = "without balances and hour" if schema.role("balance") else "without the hour"
    if feature_set == "history":
        return {"decision-time": "without histories", "strict": f"also {strict}"}
    return {} if feature_set == "strict" else {"strict": strict}


def warnings(metrics: dict[str, Any]) -> None:
    """The warnings from the model's training."""
    for sentence in metrics["warnings"]:
        if sentence.startswith("Not compared"):
            st.info(sentence, icon=":material/balance:")
        else:
            st.warning(sentence, icon=":material/warning:")
    if not metrics["warnings"]:
        st.success("Its training gave no warnings.", icon=":material/check:")


def curves(metrics: dict[str, Any]) -> None:
    """Calibration and ranking; models of older versions lack these curves."""
    if "curve" not in metrics or "reliability" not in metrics:
        st.info("This model has no curves. Train it again to see them here.")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.header("Is it calibrated?", anchor=False)
        st.altair_chart(
            reliability(metrics["reliability"]),
            key="reliability",
            alt="Reliability: observed fraud rate over predicted probability, by bins.",
        )
        st.caption(
            "Bins hold about equal numbers of frauds; the dashed line is perfect calibration."
        )
    with right:
        st.header("How well does it rank?", anchor=False)
        st.altair_chart(
            precision_over_recall(metrics["curve"], metrics["fraud_rate"]),
            key="precision-recall",
            alt="Precision over recall, with intervals.",
        )
        st.caption("The band is a 95 % bootstrap interval; the dashed line is chance.")


def outcome(known: dict[str, Any], currency: str) -> None:
    """The backtest of the model's policy on the test days."""
    backtest = known["metrics"]["outcome"]
    st.header("What its decisions would have cost", anchor=False)
    rows = [
        {
            "Decision": LOOKS[line["decision"]].tag(line["decision"].capitalize()),
            "Payments": f"{line['transactions']:,.0f}",
            "Frauds": f"{line['frauds']:,.0f}",
            "Cost": money(line["cost"], currency),
        }
        for line in backtest["by_decision"]
    ]
    st.table(rows, hide_index=True, border="horizontal", alt="Outcome of each decision")
    saved = backtest["saved"]["approving all"]
    amount = money(saved["amount"], currency)
    st.caption(
        f"In {currency}. Against approving all, the policy saves {amount} "
        f"({percent(saved['share'])}); {percent(backtest['queue_precision'])} of its reviews "
        "detect fraud."
    )


known = model()
schema = Schema.of(known)
summary(known)
figures(known, schema)
warnings(known["metrics"])
curves(known["metrics"])
outcome(known, schema.currency)
