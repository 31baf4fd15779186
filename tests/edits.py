"""Plain data as somebody may edit it by hand."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

WRONG: st.SearchStrategy[Any] = st.sampled_from(
    (None, True, -1, 3, 0.5, float("nan"), "", "amt", "x" * 129, "\ud800", "\n", b"x", [], [1], {})
)


@st.composite
def edited(draw: st.DrawFn, plain: Any) -> Any:
    """A copy of plain data with one value replaced, removed or added."""
    copy = deepcopy(plain)
    place, key = draw(st.sampled_from(list(_places(copy))))
    draw(st.sampled_from((_replace, _remove, _add)))(place, key, draw(WRONG))
    return copy


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container of plain data with each of its keys."""
    for key in range(len(value)) if isinstance(value, list) else value:
        yield value, key
        if isinstance(value[key], list | dict):
            yield from _places(value[key])


def _replace(place: Any, key: Any, wrong: Any) -> None:
    place[key] = wrong


def _remove(place: Any, key: Any, _: Any) -> None:
    del place[key]


def _add(place: Any, key: Any, wrong: Any) -> None:
    if isinstance(place, list):
        place.append(place[key])
    else:
        place["more"] = wrong
