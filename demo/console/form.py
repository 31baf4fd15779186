"""A widget for each field of a payment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import streamlit as st

from console.payments import Entry, as_entry
from console.schema import Field, Schema
from console.words import values_in_words

KEY: Final = "pay_"
"""Begins the key of each widget, so that no column is mistaken for a key of the page."""

COLUMNS: Final = 2

EARLIEST: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # the clock of whoever pays
LATEST: Final = datetime(2199, 12, 31, 23, 59)  # noqa: DTZ001

HELP: Final = {
    "category": "You may also type a value that is not listed.",
    "money": "Such as 1,234.56.",
    "number": "Such as 1,234.56.",
}
"""Help by form, for fields without help of their own."""


def as_entries(payment: Mapping[str, Any], schema: Schema) -> dict[str, Entry]:
    """The values of the widgets for a payment, by key."""
    return {
        KEY + field.name: as_entry(field, payment.get(field.name), schema) for field in schema.asked
    }


def form(schema: Schema) -> tuple[dict[str, Entry], dict[str, Any]]:
    """Draw the widgets; the entries by field, and a place for an error below each."""
    entries: dict[str, Entry] = {}
    places: dict[str, Any] = {}
    rows = schema.rows
    height = -(-len(rows) // COLUMNS)
    for index, column in enumerate(st.columns(COLUMNS, gap="medium")):
        with column:
            for row in rows[index * height : (index + 1) * height]:
                with st.container(horizontal=len(row) > 1):
                    for field in row:
                        entries[field.name] = widget(field, schema, KEY + field.name)
                for field in row:
                    places[field.name] = st.empty()
    return entries, places


def widget(field: Field, schema: Schema, key: str) -> Entry:
    """Draw the widget of a field; the session has its value."""
    label = schema.label(field)
    bound: dict[str, Any] = {
        "key": key,
        "help": schema.built_in.help.get(field.name)
        or (None if field.closed else HELP.get(field.form)),
        "bind": "query-params",
    }
    entry: Entry
    match field.form:
        case "category" | "flag" if field.values:
            entry = choice(field, label, **bound)
        case "count" if schema.is_hour(field):
            entry = st.slider(label, 0, 23, format="%02d:00", **bound)
        case "count":
            entry = st.number_input(label, 0, value=None, step=1, **bound)
        case "time":
            entry = st.datetime_input(
                label, min_value=EARLIEST, max_value=LATEST, step=60, format="YYYY-MM-DD", **bound
            )
        case "latitude" | "longitude":
            most = 90.0 if field.form == "latitude" else 180.0
            entry = st.number_input(label, -most, most, None, 0.1, "%.4f", **bound)
        case "money":
            entry = st.text_input(f"{label}, in {schema.currency}", **bound)
        case _:
            entry = st.text_input(label, **bound)
    return entry


def choice(field: Field, label: str, **bound: Any) -> str | None:
    """A box with the values of a category or a flag; an open category takes others."""
    words = values_in_words(field.values)
    return st.selectbox(
        label,
        list(field.values),
        0 if field.required else None,
        lambda value: words.get(value, value),
        placeholder="Not known",
        accept_new_options=field.form == "category" and not field.closed,
        **bound,
    )
