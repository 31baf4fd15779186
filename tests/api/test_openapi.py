"""The OpenAPI document says what the app does, with examples that are true to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from fraud_api_lambda.web.problem_kinds import GATEWAY_KINDS, KINDS
from fraud_api_lambda.web.problems import MEDIA_TYPE
from tests.api import snapshot
from tests.api.support import WIRE, payment

DOCUMENT = snapshot.paysim_document()
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
}


def faults(value: Any, schema: dict[str, Any]) -> list[str]:
    """What a schema of the document finds wrong with a value."""
    validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    return [error.message for error in validator.iter_errors(value)]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema["$ref"].removeprefix("#/components/schemas/")
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return found


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Status, media type and content of each response, and of the request as status `body`."""
    parts = {**operation["responses"]}
    if "requestBody" in operation:
        parts["body"] = operation["requestBody"]
    for status, part in parts.items():
        for media_type, content in part["content"].items():
            yield status, media_type, content


def examples(content: dict[str, Any]) -> list[dict[str, Any]]:
    beside: list[dict[str, Any]] = [each["value"] for each in content.get("examples", {}).values()]
    return [*beside, *resolved(content["schema"]).get("examples", [])]


def test_the_document_is_the_one_that_is_committed() -> None:
    is_same = snapshot.FILE.read_text() == snapshot.current()

    assert is_same, (
        f"callers rely on {snapshot.FILE.name}, and the app now says otherwise. If that is meant, "
        f"write it anew with `{snapshot.UPDATE}` and read what `git diff` shows."
    )


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_the_operations_have_names_that_make_good_functions() -> None:
    assert OPERATIONS.keys() == {"predict", "predict_batch", "health", "model"}


def test_every_operation_has_a_summary_of_its_own_and_a_tag_that_is_described() -> None:
    summaries = [operation["summary"] for operation in OPERATIONS.values()]

    assert len(set(summaries)) == len(OPERATIONS)
    assert not {name.replace("_", " ").title() for name in OPERATIONS} & set(summaries)
    described = {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}
    assert {tag for operation in OPERATIONS.values() for tag in operation["tags"]} == described


def test_a_client_can_be_pointed_to_any_address() -> None:
    first, own = DOCUMENT["servers"]

    assert first["url"] == "{address}"
    assert first["variables"].keys() == {"address"}
    assert own["url"] == "/"


@pytest.mark.parametrize(
    ("operation", "statuses"),
    [
        ("predict", {"200", "400", "403", "413", "415", "422", "429", "500", "503"}),
        ("predict_batch", {"200", "400", "403", "413", "415", "422", "429", "500", "503"}),
        ("model", {"200", "403", "422", "429", "500", "503"}),
        ("health", {"200", "422"}),
    ],
)
def test_every_status_that_an_operation_answers_is_written(
    operation: str, statuses: set[str]
) -> None:
    assert OPERATIONS[operation]["responses"].keys() == statuses


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_request_and_response_has_examples_true_to_its_schema(operation: str) -> None:
    for status, _, content in contents(OPERATIONS[operation]):
        assert examples(content), status
        for example in examples(content):
            assert faults(example, content["schema"]) == []
            assert example.keys() <= resolved(content["schema"])["properties"].keys()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_problems_have_their_media_type_and_an_example_of_their_own_status(operation: str) -> None:
    for status, media_type, content in contents(OPERATIONS[operation]):
        if status in ("200", "body"):
            assert media_type == "application/json"
            continue
        assert media_type == MEDIA_TYPE
        assert content["schema"] == {"$ref": "#/components/schemas/ProblemOut"}
        for example in examples(content):
            assert example["status"] == int(status)
            kinds = [kind for kind in (*KINDS, *GATEWAY_KINDS) if kind.status == int(status)]
            assert example["type"] in {kind.type for kind in kinds}


def test_all_but_health_need_a_key() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"]

    assert schemes == {"apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}}
    needing = {name for name, each in OPERATIONS.items() if each["security"] == [{"apiKey": []}]}
    assert needing == {"predict", "predict_batch", "model"}
    assert OPERATIONS["health"]["security"] == []


def test_the_frameworks_own_error_is_nowhere() -> None:
    assert not {"HTTPValidationError", "ValidationError"} & DOCUMENT["components"]["schemas"].keys()
    assert "HTTPValidationError" not in str(DOCUMENT)


def test_what_is_accepted_and_ignored_is_deprecated() -> None:
    fields = DOCUMENT["components"]["schemas"]["TransactionIn"]["properties"]

    deprecated = {name for name, field in fields.items() if field.get("deprecated")}
    assert deprecated == {
        *("newbalanceOrig", "newbalanceDest", "isFlaggedFraud"),
        *("typology", "weight"),
    }


def test_a_batch_holds_the_same_transaction_as_a_single_request() -> None:
    single = OPERATIONS["predict"]["requestBody"]["content"]["application/json"]["schema"]
    batch = DOCUMENT["components"]["schemas"]["BatchIn"]["properties"]["transactions"]

    assert batch["items"] == single
    assert (batch["minItems"], batch["maxItems"]) == (1, 100)


TIMED = {"step": ..., "timestamp": "2026-11-24T03:00:00+01:00"}


@pytest.mark.parametrize(
    ("changes", "is_allowed"),
    [
        ({}, True),
        ({"timestamp": None}, True),
        (TIMED, True),
        ({**TIMED, "step": None}, True),
        ({**TIMED, "timestamp": "2026-11-24T03:00Z"}, True),
        ({**TIMED, "timestamp": "2026-11-24T03:00:00.25+0100"}, True),
        ({**TIMED, "timestamp": "2026-11-24t03:00+01"}, True),
        ({**TIMED, "timestamp": "2026-11-24T23:59:60Z"}, False),
        ({"timestamp": "2026-11-24T03:00:00Z"}, False),
        ({"step": ...}, False),
        ({"step": None}, False),
        ({"step": None, "timestamp": None}, False),
        ({**TIMED, "timestamp": "2026-11-24T03:00:00"}, False),
        ({"amount": -1}, False),
        ({"amount": 1.1e12}, False),
        ({"amount": None}, False),
        ({"oldbalanceDest": None, "newbalanceDest": None, "newbalanceOrig": None}, True),
        ({"nameOrig": "C 1"}, False),
        ({"nameDest": "C" * 65}, False),
        ({"transaction_id": None}, True),
        ({"transaction_id": ""}, False),
        ({"type": "transfer"}, False),
        ({"isFraud": 0}, False),
        *[({"isFlaggedFraud": flag}, True) for flag in (0, 1, 0.0, False, True, None)],
        ({"isFlaggedFraud": []}, False),
        ({"isFlaggedFraud": {}}, False),
        ({"step": 0}, False),
        ({"step": 1_000_001}, False),
    ],
)
def test_the_schema_allows_what_the_app_allows(
    changes: dict[str, Any], *, is_allowed: bool
) -> None:
    sent = payment(**changes)
    schema = {"$ref": "#/components/schemas/TransactionIn"}

    assert (faults(sent, schema) == []) is is_allowed
    if is_allowed:
        WIRE.validated(sent)
    else:
        with pytest.raises(ValueError, match="validation error"):
            WIRE.validated(sent)
