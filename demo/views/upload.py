"""A file of payments: scored in batches, and given back with the answers."""

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn

from console.palette import LOOKS
from console.schema import Schema
from console.shell import api, errors_shown, model
from console.upload import (
    MOST_MB,
    MOST_ROWS,
    FileError,
    Scoring,
    Table,
    columns_kept,
    payments_of,
)

LARGEST = 100
COLUMNS = {
    "row": NumberColumn("Row", width=60),
    "decision": TextColumn("Decision", width=80),
    "probability": NumberColumn("Probability", format="percent", width=90),
    "reasons": TextColumn("Reasons", width="large"),
    "error": TextColumn("Why", width="large"),
}


def scoring(schema: Schema, version: str) -> Scoring:
    """The scoring of the file, as far as it is; another file or model begins another one."""
    file = st.file_uploader("CSV file", "csv", key="file", max_upload_size=MOST_MB)
    if file is None:
        st.stop()
    key = (file.file_id, version)
    if st.session_state.get("scoring_of") != key:
        table = Table.read(file.getvalue())
        st.session_state.scoring = Scoring(table, payments_of(table, schema))
        st.session_state.scoring_of = key
    found: Scoring = st.session_state.scoring
    return found


def about_columns(table: Table, schema: Schema) -> None:
    """The columns that the API does not get."""
    kept = columns_kept(table, schema)
    if kept:
        st.info(
            f"Not sent to the API, and kept in the result: {', '.join(kept)}.",
            icon=":material/visibility_off:",
        )


def start(work: Scoring) -> None:
    """Score the file from now on."""
    work.started = True


def advance(work: Scoring) -> None:
    """Score the rows that have no answer yet."""
    bar = st.progress(work.progress, "Scoring")
    while not work.is_over:
        batch = work.upcoming()
        work.add(api().predict_each(batch) if batch else [])
        bar.progress(work.progress, f"Scored {len(work.results):,} of {len(work.payments):,}")
    bar.empty()


def totals(work: Scoring) -> None:
    """Rows by decision."""
    counts = work.counts()
    with st.container(horizontal=True):
        st.metric("Scored", f"{len(work.results):,} of {len(work.payments):,}", border=True)
        for name, look in LOOKS.items():
            st.metric(look.tag(name.capitalize()), f"{counts[name]:,}", border=True)
        st.metric("Refused", f"{counts['refused']:,}", border=True)


def table(title: str, rows: list[dict[str, Any]], key: str) -> None:
    """A table of rows, unless there are none."""
    if not rows:
        return
    st.header(title, anchor=False)
    frame = pd.DataFrame(rows).replace({"decision": {name: name.capitalize() for name in LOOKS}})
    st.dataframe(frame, key=key, hide_index=True, column_config=COLUMNS, alt=title)


known = model()
schema = Schema.of(known)
st.markdown(
    f"Score a CSV file of up to {MOST_ROWS:,} rows and {MOST_MB} MB. Its first line names the "
    "columns, as in the data that the model was trained on. Other columns, such as the label, are "
    "kept and not sent. Nothing is recorded, so no row sees those above it."
)
st.caption(f"Columns that the model reads: {', '.join(field.name for field in schema.asked)}.")
try:
    work = scoring(schema, known["version"])
except FileError as error:
    st.error(str(error), title="The file cannot be scored", icon=":material/error:")
    st.stop()
about_columns(work.table, schema)
if not work.started:
    label = f"Score {len(work.payments):,} payments"
    st.button(label, key="score", on_click=start, args=(work,))
    st.stop()
with errors_shown("upload", schema.labels):
    advance(work)
if work.results:
    totals(work)
    st.download_button(
        "Download the result",
        work.as_csv,
        "scored.csv",
        "text/csv",
        key="download",
        on_click="ignore",
        icon=":material/download:",
    )
    table(f"The {LARGEST} largest probabilities", work.largest(LARGEST), "largest")
    table("Refused rows", work.refused(), "refused")
    st.caption("Row 1 is the first one below the header.")
