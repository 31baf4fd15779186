"""The parts of the serving benchmark that need no other environment."""

import json
import os
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from benchmarks.imports import PYTHON, by_package, medians
from benchmarks.serving import load
from benchmarks.serving.figures import COLD
from benchmarks.serving.measure import BATCH, asking, cases, payments
from benchmarks.serving.payments import FRAUD, GENUINE
from benchmarks.serving.plot import plot
from benchmarks.serving.stacks import check_same, clean_environment, megabytes
from benchmarks.serving.worker import timed
from training.errors import CommandError, InputError
from training.local.processes import LOOPBACK

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"

ACCOUNT = """\
import time: self [us] | cumulative | imported package
import time:       100 |        100 |     json.decoder
import time:       200 |        300 |   json
import time:      1500 |       1800 | fastapi.routing
import time:       500 |       2300 | fastapi
what the program said itself
"""


def test_a_worker_times_every_call() -> None:
    seen: list[object] = []

    def count(event: object, _: object) -> int:
        seen.append(event)
        return len(seen)

    done = timed(count, {"a": 1}, 3)

    assert done["answer"] == 3
    assert seen == [{"a": 1}] * 3
    assert len(done["nanoseconds"]) == 3
    assert all(each > 0 for each in done["nanoseconds"])


def test_a_batch_is_varied_and_holds_the_fraud_once() -> None:
    batch = payments()

    assert len(batch) == BATCH
    assert batch.count(FRAUD) == 1
    assert len({json.dumps(each) for each in batch}) == BATCH


def test_an_event_carries_the_request_in_every_place() -> None:
    event = asking("/predict", GENUINE, explain="true")

    assert json.loads(event["body"]) == GENUINE
    assert event["path"] == event["resource"] == "/predict"
    assert event["queryStringParameters"] == {"explain": "true"}
    assert event["multiValueQueryStringParameters"] == {"explain": ["true"]}


def test_warm_cases_are_distinct() -> None:
    asked = [(case.measure, case.stack.name) for case in cases()]

    assert len(set(asked)) == len(asked)


def test_stacks_are_compared_only_with_equal_versions() -> None:
    check_same({"tutorial": {"numpy": "2.0", "pandas": "3.0"}, "ours": {"numpy": "2.0"}})

    with pytest.raises(InputError, match=r"numpy: tutorial 2\.0, ours 1\.9"):
        check_same({"tutorial": {"numpy": "2.0"}, "ours": {"numpy": "1.9"}})


def test_installers_do_not_count_towards_the_size(tmp_path: Path) -> None:
    for name in ("numpy/a.py", "numpy-2.0.dist-info/RECORD", "pip/b.py", "uv-1.0.dist-info/c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(1_000_000))

    assert megabytes(tmp_path) == 2.0


def test_a_stack_inherits_no_variable_that_changes_how_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS", "FRAUD_DOCS"):
        monkeypatch.setenv(name, "1")

    assert clean_environment().keys() == {
        name for name in os.environ if not re.match("PYTHON|OMP_|FRAUD_", name)
    }


@pytest.mark.parametrize("end", range(len(ANSWER)))
def test_a_response_is_complete_only_with_its_last_byte(end: int) -> None:
    assert load.is_whole(ANSWER[:end]) is False
    assert load.is_whole(ANSWER) is True


def test_a_response_of_another_status_ends_the_measurement() -> None:
    with pytest.raises(CommandError, match="503 Service Unavailable"):
        load.is_whole(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")


@dataclass
class Server:
    """Answers every request with two writes, as uvicorn does."""

    listening: socket.socket
    requests: int = 0

    def serve(self, connection: socket.socket) -> None:
        # The client leaves when its time is over, whatever is on its way.
        with suppress(OSError), connection:
            while connection.recv(65_536):
                self.requests += 1
                connection.sendall(ANSWER[:20])
                connection.sendall(ANSWER[20:])

    def accept(self) -> None:
        for _ in range(load.CONNECTIONS):
            Thread(target=self.serve, args=(self.listening.accept()[0],), daemon=True).start()


def test_the_client_counts_what_the_server_answered() -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:
        server = Server(listening)
        Thread(target=server.accept, daemon=True).start()
        done = load.load(listening.getsockname()[1], GENUINE, 0.2)

    assert done.requests > 0
    assert 0 <= server.requests - done.requests <= load.CONNECTIONS


def test_imports_are_summed_by_package() -> None:
    assert by_package(ACCOUNT.splitlines()) == pytest.approx({PYTHON: 0.3, "fastapi": 2.0})


def test_a_package_missing_from_a_start_counts_as_zero() -> None:
    starts = [{"a": 1.0, "b": 9.0}, {"a": 2.0}, {"a": 3.0}]

    assert medians(starts) == {"a": 2.0, "b": 0.0}


def test_equal_figures_give_an_identical_plot(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        plot({(COLD, "tutorial"): [2_000.0], (COLD, "ours"): [400.0]}, tmp_path / name)

    drawn = (tmp_path / "one.svg").read_text()
    assert drawn == (tmp_path / "two.svg").read_text()
    assert "2,000 ms" in drawn
