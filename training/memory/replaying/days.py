"""The records of each day compared with the anchors in the bucket."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from training.memory.anchors import PREFIX, Day, begins_to_expire, days_of, digest_of
from training.memory.replaying.differences import Difference, Replayed
from training.memory.replaying.fold import NEARLY_S
from training.memory.replaying.scratch import Scratch
from training.registry.anchor_store import AnchorStore

UNREADABLE: Final = "it cannot be read"

type Anchors = Mapping[str, bytes]
"""The anchors of a table by their keys."""


def anchors_of(table: str, bucket: str) -> Anchors:
    """The anchors of a table, as they are now: before its records are read.

    Raises
    ------
    CommandError
        If AWS refuses.
    """
    return dict(AnchorStore(bucket).all(f"{PREFIX}{table}/"))


def compare_days(kept: Scratch, anchors: Anchors, done: Replayed, *, now_s: int) -> None:
    """Compare the kept records of each anchored day, unless the first of them may have expired."""
    soon = datetime.fromtimestamp(now_s, UTC) + timedelta(seconds=NEARLY_S)
    found: dict[str, Day] = {}
    for key, data in anchors.items():
        try:
            anchored = days_of(data)
        except ValueError:
            done.add([Difference(f"anchor {key}", UNREADABLE)])
            continue
        days = {day: each for day, each in anchored.items() if soon < begins_to_expire(day)}
        for day in days.keys() - found.keys():
            found[day] = digest_of(kept.leaves(day))
        done.add(_other_days(key, days, found))
    done.days = len(found)


def _other_days(
    key: str, anchored: Mapping[str, Day], found: Mapping[str, Day]
) -> Iterator[Difference]:
    """Yield the days whose records are not those of an anchor."""
    for day, each in anchored.items():
        now = found[day]
        if now.records != each.records:
            what = f"it has {now.records:,} records, not the {each.records:,} of {key}"
        elif now.digest != each.digest:
            what = f"its {now.records:,} records are not those of {key}"
        else:
            continue
        yield Difference(f"day {day}", what)
