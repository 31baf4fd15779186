"""The types of metrics.json are the contract: a run writes what they say, and nothing else."""

import json
from typing import Any

import pytest
from pydantic import ConfigDict, TypeAdapter, ValidationError

from training.reporting.schema import RunMetrics

RUNS = TypeAdapter(list[RunMetrics], config=ConfigDict(extra="forbid", strict=True))


def test_a_run_writes_the_documented_keys_and_types(metrics: dict[str, Any]) -> None:
    assert RUNS.validate_python([metrics]) == [metrics]


@pytest.mark.parametrize(
    "part",
    [
        lambda metrics: metrics,
        lambda metrics: metrics["arms"]["strict"],
        lambda metrics: metrics["arms"]["strict"]["outcome"]["cutoffs"][0],
        lambda metrics: metrics["published"]["windows"]["fit"],
    ],
    ids=["the run", "an arm", "a cutoff", "a window"],
)
def test_an_undocumented_key_is_found_anywhere(metrics: dict[str, Any], part: Any) -> None:
    changed = json.loads(json.dumps(metrics))
    part(changed)["undocumented"] = 1

    with pytest.raises(ValidationError, match="undocumented"):
        RUNS.validate_python([changed])
