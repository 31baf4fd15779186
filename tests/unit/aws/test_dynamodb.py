"""What DynamoDB refuses and fails to answer, and the error that each of it becomes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import pytest

from fraud_api_lambda.aws.client import AwsClient
from fraud_api_lambda.aws.connections import Connections
from fraud_api_lambda.aws.dynamodb import EXCHANGE_S, Item, Put, Table
from fraud_api_lambda.aws.signature import Credentials
from fraud_api_lambda.aws.table_errors import BusyError, CancelledError, LostError, TableError
from tests.emulator import TableAws
from tests.faulty_aws import Behaviour, answering, faulty_aws, silent
from training.local.processes import LOOPBACK, free_port

SECRET = "not-to-be-told"
PUTS = [Put({"pk": key}, "attribute_not_exists(pk)", {}) for key in ("a", "b", "c")]


def table_at(address: str) -> Table:
    client = AwsClient(Credentials("AKIAEXAMPLE", SECRET), "us-east-1", {"dynamodb": address})
    return Table("the-table", client)


@contextmanager
def behaving(behave: Behaviour) -> Iterator[Table]:
    with faulty_aws(behave) as store:
        yield table_at(store._aws.endpoints["s3"])


def refusing(code: str, status: str = "400 Bad Request", **more: Any) -> Behaviour:
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return answering(status, json.dumps({"__type": kind, "message": SECRET, **more}).encode())


def cancelling(*codes: str, item: Any = None) -> Behaviour:
    reasons = [{"Code": code} for code in codes]
    if item is not None:
        reasons[0]["Item"] = item
    return refusing("TransactionCanceledException", CancellationReasons=reasons)


def failure(behave: Behaviour) -> TableError:
    with behaving(behave) as table, pytest.raises(TableError) as caught:
        table.write(PUTS, deadline=monotonic() + 1)
    return caught.value


@pytest.mark.parametrize(
    "code",
    [
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    ],
)
def test_a_throttle_may_be_tried_again(code: str) -> None:
    assert type(failure(refusing(code))) is BusyError


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Service Unavailable"])
def test_after_an_error_of_aws_nobody_knows_whether_it_was_done(status: str) -> None:
    error = failure(refusing("InternalServerError", status))

    assert isinstance(error, LostError)
    assert not error.is_slow


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "Other"])
def test_another_refusal_is_final(code: str) -> None:
    error = failure(refusing(code))

    assert type(error) is TableError
    assert str(error) == f"TransactWriteItems: AWS says {code}"


@pytest.mark.parametrize(
    ("codes", "failed"),
    [
        (("None", "TransactionConflict", "None"), [False, False, False]),
        (("None", "ConditionalCheckFailed", "TransactionConflict"), [False, True, False]),
        (("ConditionalCheckFailed", "None", "None"), [True, False, False]),
    ],
)
def test_conflicts_and_failed_conditions_cancel(codes: tuple[str, ...], failed: list[bool]) -> None:
    error = failure(cancelling(*codes))

    assert isinstance(error, CancelledError)
    assert error.failed == failed
    assert error.found == [None] * 3


@pytest.mark.parametrize(
    "codes",
    [
        ("None", "TransactionConflict", "ThrottlingError"),
        ("None", "ProvisionedThroughputExceeded", "ConditionalCheckFailed"),
    ],
)
def test_a_throttle_among_the_reasons_is_no_conflict(codes: tuple[str, ...]) -> None:
    assert type(failure(cancelling(*codes))) is BusyError


def test_a_reason_that_nobody_knows_is_final() -> None:
    error = failure(cancelling("None", "ValidationError", "TransactionConflict"))

    assert type(error) is TableError
    assert "ValidationError" in str(error)


def test_an_item_that_exists_counts_whatever_the_other_reasons_are() -> None:
    stored = {"pk": {"S": "a"}, "t": {"N": "7"}, "m": {"B": "AAE="}}

    error = failure(cancelling("ConditionalCheckFailed", "ThrottlingError", item=stored))

    assert isinstance(error, CancelledError)
    assert error.found[0] == {"pk": "a", "t": 7, "m": b"\x00\x01"}


def test_a_silent_table_is_given_up_in_time() -> None:
    began = monotonic()
    with behaving(silent) as table, pytest.raises(LostError) as caught:
        table.read(["a"], consistent=False, deadline=monotonic() + 0.1)

    assert caught.value.is_slow
    assert monotonic() - began < 0.5


def test_a_connection_has_less_time_than_the_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []

    def open_(_: object, __: object, timeout_s: float) -> object:
        limits.append(timeout_s)
        raise TimeoutError

    monkeypatch.setattr(Connections, "open", open_)
    with pytest.raises(LostError):
        table_at(f"http://{LOOPBACK}").find("a", deadline=monotonic() + 1)

    assert limits == [0.1]
    assert EXCHANGE_S == 0.12


@pytest.mark.parametrize(
    "answer",
    [
        *(b"", b"<html>", b'{"Responses":', b"{}", b"[]", b"null"),
        b'{"Responses": {"the-table": [{}]}}',
        b'{"Responses": {"the-table": [{"pk": {"S": "a"}, "t": {"N": "0.5"}}]}}',
        b'{"Responses": {"the-table": [{"pk": {"S": "a"}, "s": {"B": "x"}}]}}',
    ],
)
def test_an_answer_that_cannot_be_read_is_lost(answer: bytes) -> None:
    with behaving(answering("200 OK", answer)) as table, pytest.raises(LostError) as caught:
        table.read(["a"], consistent=False, deadline=monotonic() + 1)

    assert not caught.value.is_slow


@pytest.mark.parametrize("answer", [b"[]", b'{"Item": []}', b'{"Item": {"t": {"N": "0.5"}}}'])
def test_an_item_that_cannot_be_read_is_lost(answer: bytes) -> None:
    with behaving(answering("200 OK", answer)) as table, pytest.raises(LostError):
        table.find("a", deadline=monotonic() + 1)


@pytest.mark.parametrize("reasons", [None, [None], [{"Code": "None", "Item": {"t": {"N": "x"}}}]])
def test_reasons_that_cannot_be_read_leave_open_whether_it_was_done(reasons: Any) -> None:
    behave = refusing("TransactionCanceledException", CancellationReasons=reasons)

    assert isinstance(failure(behave), LostError)


def test_keys_that_were_not_processed_are_a_throttle() -> None:
    left = {"Responses": {"the-table": []}, "UnprocessedKeys": {"the-table": {"Keys": []}}}

    with (
        behaving(answering("200 OK", json.dumps(left).encode())) as table,
        pytest.raises(BusyError),
    ):
        table.read(["a"], consistent=False, deadline=monotonic() + 1)


def test_an_absent_table_is_lost_at_once() -> None:
    with pytest.raises(LostError) as caught:
        table_at(f"http://{LOOPBACK}:{free_port()}").find("a", deadline=monotonic() + 1)

    assert not caught.value.is_slow


@pytest.mark.parametrize(
    "address", ["no address", "http://", "http://[::1", "http://a:b", "http://a:65536"]
)
def test_an_address_that_is_none_is_an_error_of_the_table(address: str) -> None:
    table = table_at(address)
    table.prepare()

    with pytest.raises(TableError, match="Invalid endpoint"):
        table.find("a", deadline=monotonic() + 1)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_no_text_of_aws_is_in_an_error(code: str) -> None:
    assert SECRET not in repr(failure(refusing(code)))


def test_items_are_read_as_they_were_written(table_aws: TableAws) -> None:
    table = table_of(table_aws)
    items: list[Item] = [
        {"pk": "a", "t": 10**15, "s": b"\x00\xff", "f": "é\u2028"},
        {"pk": "b", "t": -1, "s": b"", "f": ""},
    ]
    table.write([Put(item, "attribute_not_exists(pk)", {}) for item in items], deadline=later())

    found = table.read(["a", "b", "c"], consistent=True, deadline=later())

    assert found == {str(item["pk"]): item for item in items}
    assert table.find("a", deadline=later()) == items[0]
    assert table.find("c", deadline=later()) is None


@pytest.mark.parametrize("is_shown", [True, False])
def test_a_condition_that_fails_shows_what_it_is_asked_for_and_writes_nothing(
    table_aws: TableAws, is_shown: bool
) -> None:
    table = table_of(table_aws)
    table.write([Put({"pk": "a", "s": b"1"}, "attribute_not_exists(pk)", {})], deadline=later())
    puts = [
        Put({"pk": "b"}, "attribute_not_exists(pk)", {}),
        Put({"pk": "a", "s": b"3"}, "s = :stored", {":stored": b"2"}, is_shown=is_shown),
    ]

    with pytest.raises(CancelledError) as caught:
        table.write(puts, deadline=later())

    assert caught.value.failed == [False, True]
    assert caught.value.found == [None, {"pk": "a", "s": b"1"} if is_shown else None]
    assert set(table_aws.items) == {"a"}


def table_of(aws: TableAws) -> Table:
    keys = Credentials("local", "local")
    return Table(aws.table, AwsClient(keys, "us-east-1", {"dynamodb": aws.endpoint_url}))


def later() -> float:
    return monotonic() + 5
