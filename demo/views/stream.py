"""A stream of simulated payments, scored in order."""

import pandas as pd
import streamlit as st
from streamlit.column_config import TextColumn

from console.answers import show_limits
from console.api import Answer
from console.built_in import Stream
from console.charts import timeline
from console.palette import LOOKS
from console.replay import Replay, read_simulated
from console.schema import Schema
from console.shell import api, errors_shown, is_local, model

SPEEDS = {"Slow": 5, "Normal": 20, "Fast": 100}  # payments a second
EVERY_S = 1.0


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
    """Payments by decision, and the share of frauds that were stopped."""
    counts = stream.counts()
    stopped, frauds = stream.frauds()
    with st.container(horizontal=True):
        st.metric("Scored", f"{len(stream.scored):,} of {len(stream.payments):,}", border=True)
        for name, look in LOOKS.items():
            st.metric(look.tag(name.capitalize()), f"{counts[name]:,}", border=True)
        st.metric(
            "Frauds stopped",
            f"{stopped} of {frauds}",
            border=True,
            help="The payments are simulated, so the label is known. It is not sent to the API.",
        )


def alerts(stream: Replay) -> None:
    """The alerts, for an analyst."""
    st.header("Alerts by expected loss", anchor=False)
    rows = stream.alerts()
    if not rows:
        st.markdown("None so far.")
        return
    st.dataframe(
        pd.DataFrame(rows).replace({"decision": DECISIONS}),
        key="alerts",
        hide_index=True,
        column_order=list(COLUMNS),
        column_config=COLUMNS | {"kind": TextColumn(kind_name(stream.schema), width=80)},
        alt="Alerts by expected loss",
    )
    st.caption(f"Amounts in {stream.schema.currency}. The label comes from the simulation.")


DECISIONS = {name: name.capitalize() for name in LOOKS}
COLUMNS = {
    "decision": TextColumn("Decision", width=80),
    "expected_loss": st.column_config.NumberColumn("Expected loss", format="%,.0f", width=110),
    "probability": st.column_config.NumberColumn("Probability", format="percent", width=90),
    "kind": None,  # of the schema
    "amount": st.column_config.NumberColumn("Amount", format="%,.2f", width=115),
    "payer": TextColumn("Payer", width=100),
    "is_fraud": st.column_config.CheckboxColumn("Was fraud", width=80),
    "reasons": TextColumn("Reasons", width="large"),
}


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
    alerts(stream)


st.title("Stream")
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
