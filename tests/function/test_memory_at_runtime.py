"""The memory in Lambda's own runtime: failures, two containers, killed processes, two keys."""

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest

from bootstrap.invocation import get_reviews
from bootstrap.measured import Measured
from tests.bundles import make_review_bundle, write_model
from tests.function.runtime import Runtime, event, running
from tests.records.faults import Fault, Operation, Proxy, faulty
from tests.transactions import body
from tests.waiting import wait_for
from training.local.aws import LocalAws, Memory, make_bucket, make_memory
from training.local.processes import LOOPBACK, environment
from training.local.registry import serve_from

READ, WRITE = Operation.READ, Operation.WRITE
BUDGET_S = 0.3
TRIALS = 3
FAR_OFF_S = 2
"""What a busy machine may add to the budget; without a limit, a silent table takes a minute."""

REVIEW_KEY = "review1key"
"""The id of the key that opens outcomes and reviews; that of the recorded events is another."""

_numbers = count(1)


class Faults:
    """The faults of the next requests, changed while the proxy runs."""

    def __init__(self) -> None:
        self.next: dict[Operation, list[Fault]] = {}

    def __call__(self, operation: Operation) -> Fault:
        left = self.next.get(operation)
        return left.pop(0) if left else Fault.NONE


@dataclass
class Deployment:
    """A table, a faulty way to it, and functions that take it."""

    aws: LocalAws
    faults: Faults
    proxy: Proxy
    directory: Path

    @contextmanager
    def function(self) -> Iterator[Runtime]:
        """A container."""
        name = self.directory / f"function-{next(_numbers)}"
        name.mkdir()
        variables = {
            **self.aws.environment,
            "AWS_ENDPOINT_URL_DYNAMODB": f"http://{LOOPBACK}:{self.proxy.port}",
            "FRAUD_MODEL_REFRESH_S": "3600",
            "FRAUD_REVIEW_KEY": REVIEW_KEY,
        }
        with running(variables, name) as function:
            yield function

    def items(self) -> dict[str, Any]:
        """The items of the table by key."""
        with environment(self.aws.environment):
            client = boto3.client("dynamodb")
            assert self.aws.memory
            found = client.scan(TableName=self.aws.memory.table, ConsistentRead=True)["Items"]
            client.close()
        return {item["pk"]["S"]: item for item in found}


@contextmanager
def deployed(emulator: LocalAws, directory: Path) -> Iterator[Deployment]:
    number = next(_numbers)
    memory = Memory(f"runtime-{number}", f"/fraud/runtime-{number}/secret")
    aws = LocalAws(emulator.port, f"runtime-{number}", f"/fraud/runtime-{number}/model", memory)
    write_model(directory / "model", make_review_bundle())
    with environment(aws.environment):
        clients = [boto3.client(name) for name in ("s3", "dynamodb", "ssm")]
        make_bucket(clients[0], aws.bucket)
        make_memory(clients[1], clients[2], memory)
        serve_from(aws, directory / "model")
        for client in clients:
            client.close()
    faults = Faults()
    with faulty(emulator.port, faults, slow_s=0.4) as proxy:
        yield Deployment(aws, faults, proxy, directory)


@pytest.fixture(scope="module")
def deployment(
    emulator: LocalAws, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    with deployed(emulator, tmp_path_factory.mktemp("memory")) as made:
        yield made


@pytest.fixture(scope="module")
def function(deployment: Deployment) -> Iterator[Runtime]:
    with deployment.function() as running_one:
        ask(running_one)  # loads the model
        yield running_one


@pytest.fixture(autouse=True)
def steady(deployment: Deployment) -> None:
    deployment.faults.next = {}


def sent(**changes: Any) -> dict[str, Any]:
    return {**event("rest_v1_genuine"), "body": json.dumps(body(**changes))}


def ask(function: Runtime, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = function.invoke(sent(**changes))
    assert answer["statusCode"] == 200, answer
    return answer


def degraded(answer: Mapping[str, Any]) -> list[str]:
    found: list[str] = json.loads(answer["body"])["degraded"]
    return found


ROWS: dict[str, tuple[Sequence[Fault], Sequence[Fault], list[str]]] = {
    "nothing": ([], [], []),
    "a conflict": ([], [Fault.CONFLICT], []),
    "three conflicts": ([], [Fault.CONFLICT] * 3, ["history_behind"]),
    "a throttled read": ([Fault.THROTTLE], [], []),
    "a throttled write": ([], [Fault.THROTTLE], []),
    "a throttled table": ([Fault.THROTTLE] * 9, [Fault.THROTTLE] * 9, ["no_history", "unrecorded"]),
    "a conflict beside a throttle": ([], [Fault.MIXED_THROTTLE], []),
    "keys that are not read": ([Fault.MIXED_THROTTLE], [], []),
    "an error": ([Fault.ERROR_500], [Fault.ERROR_500], []),
    "an error after the write": ([], [Fault.LATE_500], []),
    "a lost request": ([Fault.LOST_REQUEST], [Fault.LOST_REQUEST], []),
    "a lost answer": ([], [Fault.LOST_ANSWER], []),
    "lost answers": ([], [Fault.LOST_ANSWER] * 9, ["unrecorded"]),
    "a reset": ([], [Fault.RESET], []),
    "a trickle": ([], [Fault.TRICKLE], []),
    "a read that fails": ([Fault.ERROR_500] * 2, [], ["no_history"]),
    "a silent read": ([Fault.SILENT], [], ["no_history"]),
    "a silent write": ([], [Fault.SILENT] * 9, ["unrecorded"]),
    "a black hole": ([Fault.SILENT] * 9, [Fault.SILENT] * 9, ["no_history", "unrecorded"]),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_caller_gets_what_the_protocol_says(
    deployment: Deployment, function: Runtime, row: str
) -> None:
    reads, writes, expected = ROWS[row]
    for _ in range(TRIALS):  # a busy machine may exhaust the budget of an answer
        name = f"{row} {next(_numbers)}".replace(" ", "-")
        deployment.faults.next = {READ: [*reads], WRITE: [*writes]}
        began = time.perf_counter()
        answer = ask(function, transaction_id=name)
        took_s = time.perf_counter() - began
        if degraded(answer) == expected:
            break
        deployment.faults.next = {}
        wait_for(lambda: degraded(ask(function, transaction_id=f"idle-{next(_numbers)}")) == [])

    assert degraded(answer) == expected
    assert took_s < FAR_OFF_S
    deployment.faults.next = {}
    wait_for(lambda: degraded(ask(function, transaction_id=f"after-{next(_numbers)}")) == [])
    again = ask(function, transaction_id=name)
    if "unrecorded" not in expected:
        assert again["body"] == answer["body"]


def test_two_containers_share_the_memory(deployment: Deployment, function: Runtime) -> None:
    with deployment.function() as other:
        first = ask(function, transaction_id="shared")
        again = ask(other, transaction_id="shared")

    assert again["body"] == first["body"]
    assert again["headers"]["idempotent-replayed"] == "true"


def called(
    function: Runtime, method: str, path: str, sent: object = None, *, key: str = REVIEW_KEY
) -> tuple[int, Any]:
    """The answer to a call as a REST API passes it on."""
    recorded = event("rest_v1_genuine")
    identity = {**recorded["requestContext"]["identity"], "apiKeyId": key}
    parts = path.removeprefix("/").split("/")
    named = {"prediction_id": parts[1]} if len(parts) == 2 else None
    answer = function.invoke(
        {
            **recorded,
            "resource": f"/{parts[0]}/{{prediction_id}}" if named else path,
            "path": path,
            "httpMethod": method,
            "pathParameters": named,
            "requestContext": {**recorded["requestContext"], "identity": identity},
            "body": None if sent is None else json.dumps(sent),
        }
    )
    return answer["statusCode"], json.loads(answer["body"])


def stored_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """The size of an item as DynamoDB bills its writes; numbers are counted generously."""
    return sum(len(name) + len(value) for name, each in item.items() for value in each.values())


def test_an_outcome_comes_through_the_gateway_with_the_review_key_alone(
    deployment: Deployment, function: Runtime
) -> None:
    answer = json.loads(ask(function, transaction_id="told", amount=1.0)["body"])
    before = deployment.items()
    told = {"label": "fraud", "source": "chargeback", "at": "2026-01-02T03:04:05+01:00"}
    sent = {"outcomes": [{"transaction_id": "told", **told}, {"transaction_id": "nobody", **told}]}

    refused = called(function, "POST", "/outcomes", sent, key="example1id")
    after_refusal = deployment.items()
    status, taken = called(function, "POST", "/outcomes", sent)

    assert (refused[0], refused[1]["type"].rpartition(":")[2]) == (403, "other-key")
    assert after_refusal == before
    first, second = taken["results"]
    assert (status, first["prediction_id"]) == (200, answer["prediction_id"])
    assert (first["label"], first["at"]) == ("fraud", "2026-01-02T02:04:05Z")
    assert second["problem"]["status"] == 404
    after = deployment.items()
    changed = sorted(key[0] for key in after if after[key] != before.get(key))
    assert changed == ["A", "A", "P"]
    (record,) = [each for key, each in after.items() if key.endswith(answer["prediction_id"])]
    assert stored_bytes(record) <= Measured().record_bytes + Measured().outcome_bytes - 100


def test_a_review_is_read_and_closed_through_the_gateway_with_the_review_key_alone(
    deployment: Deployment, function: Runtime
) -> None:
    answer = json.loads(ask(function, transaction_id="queued", amount=900.0)["body"])
    path = f"/reviews/{answer['prediction_id']}"
    word = {"label": "genuine", "by": "Ada"}

    refused = [
        called(function, method, place, sent, key="example1id")[0]
        for method, place, sent in (
            ("GET", "/reviews", None),
            ("GET", path, None),
            ("POST", path, word),
        )
    ]
    first = function.invoke(get_reviews(REVIEW_KEY))
    listed = called(function, "GET", "/reviews")[1]["reviews"]
    shown = called(function, "GET", path)
    record = deployment.items()[f"P#{answer['prediction_id']}"]
    closed = called(function, "POST", path, word)
    again = called(function, "POST", path, {**word, "by": "Bob"})

    assert answer["decision"] == "review"
    assert refused == [403] * 3
    assert len(json.loads(first["body"])["reviews"]) == 1
    assert answer["prediction_id"] in [each["prediction_id"] for each in listed]
    assert shown[0] == 200
    assert shown[1]["histories"]["payer"]["days"]
    assert stored_bytes(record) <= Measured().review_bytes - 100
    assert (closed[0], closed[1]["by"]) == (200, "Ada")
    assert (again[0], again[1]["by"]) == (409, "Ada")


@pytest.mark.parametrize("path", ["/predict", "/model"])
def test_the_review_key_calls_the_other_routes_too(function: Runtime, path: str) -> None:
    sent = body(transaction_id="by-the-review-key") if path == "/predict" else None

    assert called(function, "POST" if sent else "GET", path, sent)[0] == 200


def kill_in(
    deployment: Deployment, function: Runtime, fault: Fault, payment: Mapping[str, Any]
) -> None:
    """Kill the process of a function while its write is on its way."""
    deployment.faults.next = {WRITE: [fault]}
    before = deployment.proxy.counts[WRITE, fault]
    with ThreadPoolExecutor(1) as threads:
        lost = threads.submit(function.invoke_raw, sent(**payment))
        wait_for(lambda: deployment.proxy.counts[WRITE, fault] > before)
        os.kill(function.function, signal.SIGKILL)
        assert "statusCode" not in lost.result(20)
    deployment.faults.next = {}


def check_killed(deployment: Deployment, function: Runtime, times: int) -> None:
    """After each death the same payment is recorded once, and counted once."""
    for number in range(times):
        # Between read and write; between write and answer.
        fault = (Fault.SILENT, Fault.SLOW)[number % 2]
        name = f"{fault.name}-{next(_numbers)}"
        payment = {"transaction_id": name, "nameOrig": f"C-{name}", "nameDest": f"M-{name}"}
        before = deployment.items().keys()
        kill_in(deployment, function, fault, payment)
        ask(function, **payment)
        added = deployment.items().keys() - before
        assert sorted(key[0] for key in added) == ["A", "A", "P"]


def test_a_killed_process_leaves_all_or_nothing(deployment: Deployment, function: Runtime) -> None:
    check_killed(deployment, function, 2)


@pytest.mark.soak
def test_two_hundred_killed_processes_leave_all_or_nothing(
    deployment: Deployment, function: Runtime
) -> None:
    check_killed(deployment, function, 200)


@pytest.mark.soak
@pytest.mark.parametrize("row", ROWS)
def test_no_answer_takes_longer_than_the_budget(
    deployment: Deployment, function: Runtime, row: str
) -> None:
    reads, writes, _ = ROWS[row]
    deployment.faults.next = {READ: [*reads], WRITE: [*writes]}
    began = time.perf_counter()

    ask(function)

    assert time.perf_counter() - began < BUDGET_S
    deployment.faults.next = {}
    wait_for(lambda: degraded(ask(function)) == [])
