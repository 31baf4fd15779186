"""What a command shows while it works: the step, its time, and the time left."""

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from training.files.row_count import estimated_rows
from training.files.writing import write_transactions
from training.hints import link
from training.local import progress
from training.local.progress import Estimate, in_words, reported
from training.option_values import BUILT_IN
from training.schemas.built_in import built_in
from training.simulator.by_schema import SIMULATORS
from training.simulator.simulate import simulate
from training.train import TrainOptions


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "monotonic", clock)
    return clock


def test_the_time_left_is_that_of_the_mean_step() -> None:
    estimate = Estimate(steps=4)
    before_any = estimate.left_s()
    for seconds in (10.0, 20.0):
        estimate.add(seconds)

    assert before_any is None
    assert estimate.left_s() == 30
    assert estimate.left_s(running_s=12) == 18
    assert estimate.left_s(running_s=99) == 0


def test_a_notice_says_nothing_about_the_time_left() -> None:
    estimate = Estimate(steps=3)
    estimate.add(0.0)
    estimate.add(10.0)

    assert estimate.left_s() == 20


@pytest.mark.parametrize("done", [0, 3, 4])
def test_without_a_step_done_or_to_come_nothing_is_estimated(done: int) -> None:
    assert Estimate(steps=3, done=done, spent_s=10.0).left_s() is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (1.9, ""),
        (2.0, ", about 5 s left"),
        (43.0, ", about 45 s left"),
        (100.0, ", about 2 min left"),
        (3_600.0, ", about 60 min left"),
    ],
)
def test_an_estimate_is_as_rough_as_it_sounds(seconds: float | None, words: str) -> None:
    assert in_words(seconds) == words


def test_each_step_is_a_line_with_its_time_and_the_time_left(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with reported(3) as begin:
        for step in ("reading", "fitting", "drawing"):
            begin(step)
            clock.now += 10

    assert capsys.readouterr().err.splitlines() == [
        "  reading (10.0 s), about 20 s left",
        "  fitting (10.0 s), about 10 s left",
        "  drawing (10.0 s)",
    ]


def test_a_step_that_goes_on_is_one_line(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with reported(4) as begin:
        for _ in range(4):
            begin("simulating")
            clock.now += 2

    assert capsys.readouterr().err == "  simulating (8.0 s)\n"


def test_a_terminal_shows_the_running_step_with_the_time_left(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80)
    monkeypatch.setattr(progress, "Console", lambda **_: terminal)
    with reported(3) as begin:
        begin("reading")
        clock.now += 10
        begin("fitting")
        clock.now += 4
        terminal.print()  # which draws the spinner anew

        assert "fitting ... 4 s, about 15 s left" in screen.getvalue()


@pytest.mark.parametrize("schema", BUILT_IN)
@pytest.mark.parametrize("rows", [1_000, 150_000])
def test_simulate_makes_the_steps_that_it_announces(schema: str, rows: int) -> None:
    simulator, said = SIMULATORS[schema], list[str]()

    simulator.simulate(rows, seed=0, progress=said.append)

    assert len(said) == simulator.steps(rows)
    assert set(said) == {f"simulating {rows:,} transactions"}


def test_fewer_comparisons_are_fewer_steps() -> None:
    steps = [
        TrainOptions().steps,
        TrainOptions(compare=False).steps,
        TrainOptions(compare=False, choose_ratio=False).steps,
        TrainOptions(compare=False, choose_ratio=False, refit=False).steps,
    ]

    assert steps == sorted(set(steps), reverse=True)
    assert TrainOptions(schema=built_in("cards")).steps == steps[0] - 3  # no balance, no leaks
    assert TrainOptions(trials=1_000).steps > steps[0]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.zip", "a.parquet"])
def test_the_rows_of_a_file_are_estimated_before_it_is_read(name: str, tmp_path: Path) -> None:
    frame = simulate(20_000, seed=0, days=2)
    path = tmp_path / name
    if name == "a.parquet":
        write_transactions(frame, path)
    else:
        frame.to_csv(path, index=False)

    assert estimated_rows(path) == pytest.approx(20_000, rel=0.02)


def test_on_a_terminal_a_path_opens_with_a_click(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    path = Path("two words") / "report.html"

    address = f"{tmp_path.as_uri()}/two%20words/report.html"
    assert link(path) == f"\033]8;;{address}\033\\{path}\033]8;;\033\\"


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_elsewhere_a_path_is_plain(monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: term == "dumb", raising=False)
    monkeypatch.setenv("TERM", term)

    assert link(Path("build/model/report.html")) == "build/model/report.html"
