"""A stream of simulated payments, scored in order."""

from typing import Any

import streamlit as st

from console.answers import show_limits, show_reasons, show_waterfall
from console.built_in import Stream
from console.connection import Answer
from console.palette import LOOKS
from console.payments import in_words, money
from console.plots.charts import timeline
from console.replay import Replay, read_simulated
from console.schema import Schema
from console.shell import api, errors_shown, is_local, model
from console.words import features_in_words, percent

SPEEDS = {"Slow": 5, "Normal": 20, "Fast": 100}  # payments a second
EVERY_S = 1.0
MOST_ALERTS = 30
QUEUE = ":material/rule:"
PLAIN: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off", "border": True}


def replay(source: Stream, schema: Schema) -> Replay:
    """The stream of this session; another schema begins another one."""
    found: Replay | None = st.session_state.get("replay")
    if found is None or found.schema != schema:
        found = st.session_state.replay = Replay(read_simulated(source, schema), schema)
    return found


def toggle(stream: Replay) -> None:
    """Start or pause."""
    stream.playing = not stream.playing


def restart() -> None:
    """Reset the stream."""
    del st.session_state["replay"]


def controls(stream: Replay, known: Answer) -> tuple[int, bool]:
    """Buttons to start, pause and reset; the speed, and whether the API is to remember."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Pause" if stream.playing else "Start",
            key="play",
            icon=":material/pause:" if stream.playing else ":material/play_arrow:",
            on_click=toggle,
            args=(stream,),
            disabled=stream.is_over,
        )
        st.button("Start over", key="restart", icon=":material/replay:", on_click=restart)
        speed = st.segmented_control(
            "Speed",
            list(SPEEDS),
            default="Normal",
            required=True,
            key="speed",
            bind="query-params",
        )
        remember = remembers(known) and st.toggle(
            "Remember",
            is_local(),  # a deployed API has the histories of real payments
            key="remember",
            help="The API records the payments, so each sees those before it. A payment that it "
            "recorded in an earlier run has the same answer again.",
            disabled=bool(stream.scored) and not stream.is_over,
        )
    return SPEEDS[speed or "Normal"], remember


def remembers(known: Answer) -> bool:
    """Whether the model reads histories, and the API has them."""
    has_histories = any(each["measure"] == "history" for each in known["inputs"])
    return has_histories and "no_history" not in known["degraded"]


def advance(stream: Replay, count: int, *, remember: bool) -> None:
    """Score the next payments, unless paused."""
    if not stream.playing:
        return
    answers = api().predict_batch(stream.upcoming(count), explain=True, record=remember)
    stream.add(answers)
    if stream.is_over:
        st.rerun()  # so that the fragment's timer stops


def counters(stream: Replay) -> None:
    """What was stopped, of what was to be stopped; then payments by decision."""
    counts, currency = stream.counts(), stream.schema.currency
    stopped, frauds = stream.frauds()
    saved, lost = stream.value()
    alarms = stream.false_alarms_per_fraud()
    with st.container(horizontal=True):
        st.metric(
            "Value stopped",
            money(saved, currency, 0),
            f"of {money(lost, currency, 0)} in frauds",
            **PLAIN,
        )
        st.metric("Frauds stopped", f"{stopped} of {frauds}", "by review or block", **PLAIN)
        shown = "none yet" if alarms is None else f"{alarms:.1f}"
        st.metric("False alarms per fraud", shown, "genuine, not approved", **PLAIN)
        progress = f"{len(stream.scored):,} of {len(stream.payments):,}"
        by_decision = ", ".join(f"{counts[name]:,} {name}" for name in LOOKS)
        st.metric("Scored", progress, by_decision, **PLAIN)
    st.caption(
        "The payments are simulated, so what was fraud is known. It is not sent to the API. "
        f"{in_words(currency)}"
    )


def alerts(stream: Replay, known: Answer, *, remember: bool) -> None:
    """The payments that were not approved; each can be opened."""
    st.header("Alerts by expected loss", anchor=False)
    rows = stream.alerts()
    if remember and stream.counts()["review"]:
        st.page_link("views/review.py", label="Decide on them in the queue", icon=QUEUE)
    if not rows:
        st.markdown("None so far.")
        return
    for row in rows[:MOST_ALERTS]:
        box = st.expander(
            in_a_line(row, stream.schema), key=f"alert-{row['number']}", on_change="rerun"
        )
        if box.open:
            with box:
                details(row, stream.schema, known)
    if len(rows) > MOST_ALERTS:
        st.caption(f"The {MOST_ALERTS} largest of {len(rows)}.")


def in_a_line(row: Answer, schema: Schema) -> str:
    """An alert in a line."""
    decision = LOOKS[row["decision"]].tag(row["decision"].capitalize())
    loss, currency = row["expected_loss"], schema.currency
    # Not known of an answer that was recorded without its explanation.
    known = "" if loss is None else f", expected loss {money(loss, currency, 0)}"
    amount = money(row["amount"], currency)
    return f"{decision} **{amount}** {row['kind']}, {percent(row['probability'])}{known}"


def details(row: Answer, schema: Schema, known: Answer) -> None:
    """What the API says of a payment, and what it was."""
    answer, payer = row["answer"], schema.value(row["request"], "payer")
    was = ":red[It was fraud]" if row["is_fraud"] else "It was genuine"
    account = f" The payer is `{payer}`." if payer else ""
    st.markdown(f"{was}, says the simulation.{account}")
    show_reasons(answer["reasons"])
    if "explanation" not in answer:
        st.caption("The answer was recorded without an explanation.")
        return
    labels = features_in_words(known, schema.built_in.words)
    show_waterfall(
        answer["explanation"], row["probability"], labels, key=f"waterfall-{row['number']}"
    )


def kind_name(schema: Schema) -> str:
    """The label of the category whose values are compared."""
    return schema.label(schema.peers) if schema.peers else ""


def tick(stream: Replay, source: Stream, known: Answer, count: int, remember: bool) -> None:
    """One step of the stream. A fragment's error does not reach the page, so it is shown here."""
    with errors_shown("stream", stream.schema.labels):
        advance(stream, count, remember=remember)
    counters(stream)
    show_limits(stream.limits(), "Some answers are limited")
    if not stream.scored:
        st.info("No payments scored yet: press Start.", icon=":material/play_circle:")
        return
    st.altair_chart(
        timeline(
            stream.scored,
            threshold=known["threshold"],
            days=source.days,
            kind=kind_name(stream.schema),
        ),
        key="timeline",
        alt="Probability of each payment over time, by decision.",
    )
    alerts(stream, known, remember=remember)


known = model()
schema = Schema.of(known)
source = schema.built_in.stream
if source is None:
    st.info(
        "Only our own schemas come with a file of payments to stream. To score payments of your "
        "own, choose Upload above.",
        icon=":material/upload_file:",
    )
    st.stop()
st.markdown(source.words)
stream = replay(source, schema)
chosen = controls(stream, known)
st.fragment(tick, run_every=EVERY_S if stream.playing else None)(stream, source, known, *chosen)
