"""The demo is a client and nothing else; its parts agree with the API and with each other."""

import ast
import re
import sys
import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from console.palette import LOOKS
from console.payments import read_amount
from console.plots.curves import runs
from console.plots.waterfall import contributions
from console.words import percent
from fraud_api_lambda.domain.assessment import Decision
from tests.transactions import PLAN
from training.local.demo import policy_of

DEMO = Path(__file__).parents[2] / "demo"
BROUGHT_BY_STREAMLIT = {"streamlit", "altair", "pandas", "requests"}


def imported(path: Path) -> set[str]:
    """The top names of all that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", sorted(DEMO.rglob("*.py")), ids=lambda path: path.name)
def test_it_imports_itself_streamlit_and_what_streamlit_brings(path: Path) -> None:
    allowed = BROUGHT_BY_STREAMLIT | {"console"} | sys.stdlib_module_names

    assert imported(path) <= allowed


def test_its_requirements_are_hashed_and_know_nothing_of_training() -> None:
    text = (DEMO / "requirements.txt").read_text()
    names = re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE)

    assert "streamlit" in names
    assert not {"xgboost", "scikit-learn", "imbalanced-learn", "scipy", "fastapi"} & set(names)
    assert text.count("\n    --hash=") >= len(names)
    assert not re.search(r"^--|https?:", text, re.MULTILINE)


def test_it_styles_nothing_by_css() -> None:
    for path in DEMO.rglob("*.py"):
        assert "unsafe_allow_html" not in path.read_text()
        assert "<style" not in path.read_text()


def test_the_colours_of_the_theme_are_those_of_the_charts() -> None:
    theme = tomllib.loads((DEMO / ".streamlit" / "config.toml").read_text())["theme"]

    for look in LOOKS.values():
        assert theme[f"{look.name}Color"] == look.colour


def test_no_decision_is_told_by_its_colour_alone() -> None:
    for part in ("colour", "name", "icon", "shape"):
        assert len({getattr(look, part) for look in LOOKS.values()}) == len(LOOKS)


SIGHT = {
    "usual": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Linear RGB as it is seen (Machado, Oliveira and Fernandes, IEEE TVCG 2009)."""

TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
"""To OKLab (Ottosson, 2020), where distances are about as large as they look."""


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("sight", SIGHT)
def test_any_kind_of_colour_vision_tells_decisions_apart(sight: str) -> None:
    seen = [np.clip(SIGHT[sight] @ linear(look.colour), 0, 1) for look in LOOKS.values()]
    lab = [TO_LAB @ np.cbrt(TO_LMS @ each) for each in seen]

    for one, other in combinations(lab, 2):
        assert np.linalg.norm(one - other) > 0.15


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_stand_out_from_the_page(theme: str) -> None:
    themes = tomllib.loads((DEMO / ".streamlit" / "config.toml").read_text())["theme"]
    page = luminance(themes[theme]["backgroundColor"])

    for look in LOOKS.values():
        low, high = sorted((luminance(look.colour), page))
        assert (high + 0.05) / (low + 0.05) >= 3  # WCAG 2.2, 1.4.11


@pytest.mark.parametrize(("schema", "currency"), [(None, "TZS"), ("cards", "EUR")])
def test_simulated_payments_have_a_currency(schema: str | None, currency: str) -> None:
    assert policy_of(schema)["currency"] == currency


def test_decisions_are_those_of_the_api() -> None:
    assert list(LOOKS) == [each.value for each in Decision]


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1,234.56", 1234.56), ("1 234 567", 1234567), (" 12.5 ", 12.5), ("0", 0), ("-5", -5)],
)
def test_an_amount_is_read_with_or_without_separators(text: str, amount: float) -> None:
    assert read_amount(text) == amount


@pytest.mark.parametrize("text", ["", "1.234,56", "12,34", "1e6", "inf", "nan", "5 EUR", "١٢"])
def test_what_is_no_amount_is_refused_and_told_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"write a number such as 1,234\.56"):
        read_amount(text)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.24236, "24.2 %"),
        (0.000312, "0.0312 %"),
        (0, "0 %"),
        (1, "100 %"),
        (0.99999, "over 99.9 %"),
        (1e-9, "under 0.0001 %"),
    ],
)
def test_a_probability_is_never_rounded_to_certainty(share: float, text: str) -> None:
    assert percent(share).replace("\N{NO-BREAK SPACE}", " ") == text


def test_the_bars_of_the_waterfall_add_up_and_features_of_one_label_share_a_bar() -> None:
    names = PLAN.names
    labels = {name: "Type" if name.startswith("type_") else name for name in names}

    bars = contributions({"contributions": dict.fromkeys(names, 0.5)}, labels)

    assert sum(added for _, added in bars) == 0.5 * len(names)
    assert len([label for label, _ in bars if label == "Type"]) == 1
    assert bars[-1][0] == "All others"


def test_the_regions_cover_the_curve_without_gaps() -> None:
    decisions = ["approve", "approve", "block", "review"]
    found = runs([{"x": 10.0**i, "decision": each} for i, each in enumerate(decisions)], log=True)

    assert [each["decision"] for each in found] == ["approve", "block", "review"]
    assert (found[0]["start"], found[-1]["end"]) == (1, 1_000)
    assert [each["end"] for each in found[:-1]] == [each["start"] for each in found[1:]]
