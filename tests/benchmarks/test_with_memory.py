"""The stand-in for DynamoDB, and our own part of answers with memory."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from benchmarks.serving import table_probe
from benchmarks.serving.children import Place
from benchmarks.serving.figures import APPROVED, BLOCKED, OWN
from benchmarks.serving.figures import READ as READING
from benchmarks.serving.figures import WRITE as WRITING
from benchmarks.serving.measure import Collected
from benchmarks.serving.payments import FRAUD, GENUINE
from benchmarks.serving.stacks import OURS, OURS_WITH_MEMORY
from benchmarks.serving.table_stub import (
    KEPT_WRITES,
    READ,
    WAITS_S,
    WRITE,
    Items,
    Request,
    Stub,
    wait_until,
    whole,
)
from benchmarks.serving.with_memory import DAYS, cases, past, today, with_own_part
from fraud_api_lambda.aws.client import AwsClient
from fraud_api_lambda.aws.dynamodb import Put, Table
from fraud_api_lambda.aws.signature import Credentials
from training.local.processes import LOOPBACK

ASKED = b"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\ncontent-length: 2\r\n\r\n{}"


@contextmanager
def serving() -> Iterator[str]:
    """The address of a stand-in, in a thread."""
    with Stub(0) as stub:
        Thread(target=stub.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://{LOOPBACK}:{stub.server_address[1]}"
        stub.shutdown()


def put(key: str, count: int) -> dict[str, object]:
    return {"TransactItems": [{"Put": {"Item": {"pk": {"S": key}, "n": {"N": str(count)}}}}]}


def test_what_our_function_writes_to_the_stand_in_it_reads_again() -> None:
    with serving() as address:
        aws = AwsClient(Credentials("a", "b"), "us-east-1", {"dynamodb": address})
        table, deadline = Table("records", aws), time.monotonic() + 1
        items = [{"pk": key, "s": b"state", "x": 7} for key in ("A#1", "A#2")]
        table.write(
            [Put(item, "attribute_not_exists(pk)", {}) for item in items], deadline=deadline
        )

        found = table.read(["A#1", "A#2", "A#3"], consistent=False, deadline=deadline)

    assert found == {"A#1": items[0], "A#2": items[1]}


@pytest.mark.parametrize("operation", [READ, WRITE])
def test_an_empty_exchange_takes_as_long_as_dynamodb(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", address)
        table_probe.connection.cache_clear()
        begun = time.perf_counter()
        answer = table_probe.handler({"operation": operation}, None)
        passed = time.perf_counter() - begun
        table_probe.connection().close()

    assert answer["statusCode"] == 200
    assert isinstance(json.loads(answer["body"]), dict)
    assert passed >= WAITS_S[operation]


def test_an_item_that_was_written_often_stays_as_it_is() -> None:
    items = Items()
    for count in range(KEPT_WRITES + 10):
        items.answer(WRITE, put("A#1", count))

    found = items.answer(READ, {"RequestItems": {"t": {"Keys": [{"pk": {"S": "A#1"}}]}}})

    assert found["Responses"]["t"] == [{"pk": {"S": "A#1"}, "n": {"N": str(KEPT_WRITES - 1)}}]


def test_a_request_is_whole_only_with_its_last_byte() -> None:
    assert whole(ASKED) == Request("GetItem", b"{}")
    assert not any(whole(ASKED[:end]) for end in range(len(ASKED)))


def test_a_wait_does_not_end_early() -> None:
    moment = time.perf_counter() + 0.002

    wait_until(moment)

    assert time.perf_counter() >= moment


def test_a_stack_gets_its_own_variables_and_those_of_all() -> None:
    place = Place(0, 1, {"A": "1"}, own={OURS_WITH_MEMORY.name: {"FRAUD_TABLE": "t"}})

    assert place.environment(OURS_WITH_MEMORY).items() >= {"A": "1", "FRAUD_TABLE": "t"}.items()
    assert place.environment(OURS)["A"] == "1"
    assert "FRAUD_TABLE" not in place.environment(OURS)


def test_accounts_have_a_different_past_on_every_day_before_today() -> None:
    for payment in (GENUINE, FRAUD):
        before = past(payment)

        assert len({json.dumps(each) for each in before}) == 2 * DAYS
        assert max(each["step"] for each in before) < today(payment)["step"]
        assert today(payment)["step"] % 24 == payment["step"] % 24


def test_cases_with_memory_are_distinct() -> None:
    asked = [(case.measure, case.stack.name) for case in cases()]

    assert len(set(asked)) == len(asked)


def test_our_own_part_is_an_answer_without_the_waits_for_the_table() -> None:
    samples: Collected = {
        (APPROVED, "ours with memory"): [15.0, 0.3, 16.0],
        (APPROVED, "ours with histories"): [16.5],
        (BLOCKED, "ours with memory"): [15.5, 0.4],
        (READING, "table"): [4.0, 4.25, 90.0],
        (WRITING, "table"): [9.5],
    }

    found, left_out = with_own_part(samples)

    assert found[OWN, "ours with memory"] == [1.25, 2.25]
    assert found[OWN, "ours with histories"] == [2.75]
    assert found[BLOCKED, "ours with memory"] == [15.5]
    assert left_out == 2
