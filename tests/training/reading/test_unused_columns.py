"""Unused columns are reported, whatever their number and names."""

import pandas as pd

from tests.paysim_files import HEADER
from tests.transactions import PAYSIM
from training.reading.unused_columns import Unused

NAMES = HEADER.strip().split(",")
ROWS = pd.DataFrame([[1, "A", 2.0, "C1", 3.0, 0.0, "M1", 0.0, 0.0, 0, 0]] * 2, columns=NAMES)
VARIED = ROWS.assign(**{name: [1, 2] for name in NAMES})


def test_nothing_is_reported_if_every_column_is_used() -> None:
    assert Unused.of(NAMES, VARIED, PAYSIM.roles).sentence == ""


def test_constant_columns_are_reported() -> None:
    rows = VARIED.assign(type="TRANSFER", oldbalanceOrg=0.0)

    assert Unused.of(NAMES, rows, PAYSIM.roles).sentence == "Constant: type, oldbalanceOrg."


def test_names_with_control_characters_stay_in_one_line() -> None:
    names = [*NAMES, "", "two words", "line\nbreak"]

    assert Unused.of(names, VARIED, PAYSIM.roles).sentence == (
        "Ignored: a column without a name, 'two words', 'line\\nbreak'."
    )


def test_only_the_first_of_many_columns_are_named() -> None:
    unused = Unused.of([*NAMES, *(f"c{number}" for number in range(10_000))], VARIED, PAYSIM.roles)

    assert unused.sentence.endswith(", c18, c19 and 9,980 more.")
    assert len(unused.ignored) == 10_000
