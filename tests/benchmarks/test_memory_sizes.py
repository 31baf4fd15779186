"""Memory sizes: CPU share, price, and the rule that picks one."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks import tune
from benchmarks.serving.quota import PERIOD_US, Quota, limits, quota
from benchmarks.sizes import RULE, Row, chosen, row, share_of, usd_per_million, verdict
from bootstrap.prices import PRICES
from training.errors import CheckFailedError

SMALL = replace(row(512, [900.0], [0.2]), usd_per_million=0.30)
MIDDLE = replace(row(1024, [500.0], [0.2]), usd_per_million=0.31)
LARGE = replace(row(3008, [400.0], [0.2]), usd_per_million=0.60)


def test_the_cpu_share_is_proportional_to_memory_with_one_core_at_1769_mb() -> None:
    assert share_of(1769) == 1.0
    assert share_of(1024) == pytest.approx(0.579, abs=0.001)
    assert share_of(3008) == pytest.approx(1.700, abs=0.001)


def test_a_million_requests_cost_the_request_price_and_the_billed_time() -> None:
    # 0.5 ms and 1 ms of runtime make 2; 1 % of payments wait 100 ms more. 1,769 MB all along.
    billed_s = (990_000 * 2 + 10_000 * 102) / 1000
    expected = 0.20 + billed_s * 1769 / 1024 * PRICES["Lambda GB-seconds"].tiers[0][1]

    assert usd_per_million(1769, 0.5, 100.0) == pytest.approx(expected)


def test_measured_times_are_billed_unscaled() -> None:
    """Only the runtime's own millisecond, which is not measured, scales with the share."""
    half = usd_per_million(1769 // 2, 10.5, 0.0) - 0.20
    whole = usd_per_million(1769, 10.5, 0.0) - 0.20

    assert half / whole == pytest.approx(884 / 1769 * 13 / 12)


def test_the_statistics_of_a_size_come_from_its_samples() -> None:
    found = row(1024, [300.0, 500.0, 400.0], [1.0] * 98 + [50.0] * 2)

    assert (found.cold, found.slowest_cold, found.median, found.p99) == (400, 500, 1.0, 50.0)


def test_the_fastest_start_wins_if_prices_differ_only_by_noise() -> None:
    assert chosen([SMALL, MIDDLE, LARGE]) == MIDDLE
    assert chosen([SMALL, replace(MIDDLE, usd_per_million=0.33), LARGE]) == SMALL


@pytest.mark.parametrize("slow", [{"slowest_cold": 4_500.0}, {"p99": 100.0}])
def test_a_size_that_is_too_slow_is_never_chosen(slow: dict[str, Any]) -> None:
    assert chosen([replace(MIDDLE, **slow), LARGE]) == LARGE
    assert chosen([replace(MIDDLE, **slow)]) is None


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([SMALL, MIDDLE], "1024 MB follows, and is template.yaml's default."),
        ([SMALL, replace(MIDDLE, usd_per_million=0.5)], "of 1024 MB costs 0.50 USD and starts in"),
        ([LARGE, replace(MIDDLE, p99=200.0)], "of 1024 MB breaks the rule."),
        ([LARGE], "of 1024 MB was not measured."),
        ([replace(MIDDLE, p99=200.0)], "No size meets the rule"),
    ],
)
def test_the_verdict_compares_with_the_templates_default(rows: list[Row], said: str) -> None:
    assert said in verdict(rows, 1024)


def test_the_rule_names_its_limits() -> None:
    assert "4.5 s" in RULE
    assert "100 ms" in RULE


def test_a_cgroup_v2_quota_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu memory")
    (tmp_path / "cgroup.subtree_control").write_text("memory")

    assert limits(0.5, tmp_path) == (tmp_path, {"cpu.max": f"{PERIOD_US // 2} {PERIOD_US}"})
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu"


def test_a_cgroup_v1_quota_is_written_after_its_period(tmp_path: Path) -> None:
    """If cgroup v2 is mounted without the controller, v1 has it."""
    (tmp_path / "cgroup.controllers").write_text("hugetlb")
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cgroup.procs").touch()

    parent, settings = limits(1.7, tmp_path)

    assert parent == tmp_path / "cpu"
    assert [*settings.items()] == [
        ("cpu.cfs_period_us", str(PERIOD_US)),
        ("cpu.cfs_quota_us", str(PERIOD_US * 17 // 10)),
    ]


def test_a_process_is_limited_by_its_id(tmp_path: Path) -> None:
    Quota(tmp_path, 0.5).hold(123)

    assert (tmp_path / "cgroup.procs").read_text() == "123"


def test_a_machine_without_quotas_is_refused_with_its_requirements(tmp_path: Path) -> None:
    with pytest.raises(CheckFailedError, match="needs root and a cgroup v2 with the cpu"):
        limits(1.0, tmp_path)


def test_a_cgroup_that_cannot_be_created_is_refused_with_its_requirements(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu")
    (tmp_path / "cgroup.subtree_control").mkdir()  # cannot be read, whoever asks

    with pytest.raises(CheckFailedError, match="needs root"), quota(1.0, tmp_path):
        pass


def test_a_machine_without_quotas_is_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(tune, "quota", partial(quota, root=tmp_path))

    with pytest.raises(CheckFailedError) as caught:
        tune.measured(tune.QUICK, (1024,), begun.append)

    assert caught.value.exit_code == 3
    assert begun == []


def test_another_architecture_is_reported_as_not_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")

    table = tune.table([MIDDLE])

    assert table.row_count == 2
    assert "arm64 not measured: this machine is x86_64" in str(table.caption)
