"""What is wrong with a request is told in our words, with the way to put it right."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import CoreSchema, ErrorDetails, SchemaValidator, ValidationError
from pydantic_core.core_schema import any_schema
from starlette.testclient import TestClient

from fraud_api_lambda.wire import body_faults
from fraud_api_lambda.wire.body_faults import BodyFaults
from fraud_api_lambda.wire.wire import batch_schema
from tests.api.support import JSON, PAYMENT, POSTS, WIRE, check_problem, payment, sent

ROW = {
    "step": 1,
    "type": "PAYMENT",
    "amount": 9839.64,
    "nameOrig": "C1231006815",
    "oldbalanceOrg": 170136.0,
    "newbalanceOrig": 160296.36,
    "nameDest": "M1979787155",
    "oldbalanceDest": 0.0,
    "newbalanceDest": 0.0,
    "isFlaggedFraud": 0,
}
"""A row of PaySim, less its label."""

WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    0.5,
    2,
    1e13,
    10**19,
    "",
    "C 1",
    "x" * 65,
    "\u00e9",
    [],
    [1],
    {},
    {"a": 1},
)
"""At least one of them breaks any constraint."""

LIMITS = {
    "ge": "greater_than_equal",
    "le": "less_than_equal",
    "pattern": "string_pattern_mismatch",
    "allow_inf_nan": "finite_number",
    "min_length": "too_short",
    "max_length": "too_long",
}
KINDS = {
    "int": "int_type",
    "float": "float_type",
    "str": "string_type",
    "literal": "literal_error",
    "list": "list_type",
    "typed-dict-field": "missing",
    "union": "not_a_scalar",
}
WITHOUT_ERRORS = {
    *("function-after", "function-before", "no-info"),  # theirs are ours
    "typed-dict",  # an unknown field and no object, which `body_faults` sees for itself
    *("nullable", "any"),
}
STRUCTURE = {
    *("type", "metadata", "ref", "schema", "items_schema", "expected", "function", "fields"),
    *("strict", "required", "extra_behavior", "mode", "choices", "custom_error_type"),
    *("custom_error_message", "json_schema_input_schema"),
}
OF_FIELDS = {"literal_error", "string_pattern_mismatch"}
"""Their sentences depend on the field."""


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of Pydantic's core schema that has a type."""
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield schema
        is_union = schema.get("type") == "union"  # it has one error for all its choices
        omitted = ("metadata", "ref", "json_schema_input_schema", *["choices"] * is_union)
        schema = [value for key, value in schema.items() if key not in omitted]
    if isinstance(schema, list | tuple):
        for inner in schema:
            yield from nodes(inner)


def possible_errors(schema: CoreSchema) -> Iterator[str]:
    """The types of the errors that the constraints of a schema can raise."""
    for node in nodes(schema):
        if node["type"] not in WITHOUT_ERRORS:
            yield KINDS[node["type"]]
        yield from (LIMITS[key] for key in node.keys() - STRUCTURE)


def test_each_error_that_our_constraints_can_raise_has_a_sentence_of_ours() -> None:
    possible = {*possible_errors(WIRE.schema), *possible_errors(batch_schema(any_schema()))}

    assert possible == body_faults.SENTENCES.keys() | OF_FIELDS


def details(problem: dict[str, Any]) -> list[str]:
    return [fault["detail"] for fault in problem["errors"]]


def of_pydantic(schema: CoreSchema, value: Any) -> list[str]:
    try:
        SchemaValidator(schema).validate_python(value)
    except ValidationError as error:
        return [each["msg"] for each in error.errors() if each["type"] != "value_error"]
    return []


@pytest.mark.parametrize("field", [*WIRE.fields, "unknown"])
def test_no_word_of_pydantics_reaches_a_caller(client: TestClient, field: str) -> None:
    bodies = [payment(**{field: value}) for value in WRONG]

    results = client.post("/predict/batch", json={"transactions": bodies}).json()["results"]

    refused = [each["problem"] for each in results if "problem" in each]
    assert refused
    told = {detail for problem in refused for detail in details(problem)}
    assert not told & {message for body in bodies for message in of_pydantic(WIRE.schema, body)}
    assert body_faults.NOT_ALLOWED not in told
    for detail in told:
        assert "should" not in detail
        assert "Value error" not in detail
        assert "{" not in detail


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "body", [None, 7, "text", [], {}, *({"transactions": each} for each in WRONG if each != [1])]
)
def test_no_word_of_pydantics_is_said_of_a_whole_body(
    client: TestClient, path: str, body: Any
) -> None:
    problem = check_problem(client.post(path, content=json.dumps(body), headers=JSON), 422)

    schema = WIRE.schema if path == "/predict" else batch_schema(any_schema())
    assert not set(details(problem)) & set(of_pydantic(schema, body))
    assert body_faults.NOT_ALLOWED not in details(problem)


def test_a_row_of_paysim_less_its_label_is_answered(client: TestClient) -> None:
    assert client.post("/predict", json=ROW).status_code == 200


@pytest.mark.parametrize("name", ["isFraud", "is_fraud", "ISFRAUD"])
def test_a_label_is_refused_because_it_does_not_exist_yet(client: TestClient, name: str) -> None:
    problem = check_problem(client.post("/predict", json={**ROW, name: 0}), 422)

    (fault,) = problem["errors"]
    assert fault["pointer"] == f"#/{name}"
    assert "does not exist yet" in fault["detail"]


def test_an_empty_object_is_told_everything_that_is_missing(client: TestClient) -> None:
    problem = check_problem(client.post("/predict", json={}), 422)

    assert [(fault["pointer"], fault["detail"]) for fault in problem["errors"]] == [
        ("#", "step or timestamp is required"),
        *(
            (f"#/{name}", "this field is required")
            for name in ("type", "amount", "nameOrig", "nameDest", "oldbalanceOrg")
        ),
    ]


@pytest.mark.parametrize(
    ("times", "detail"),
    [
        ({"step": ...}, "step or timestamp is required"),
        ({"step": None}, "step or timestamp is required"),
        ({"timestamp": "2026-11-24T03:00Z"}, "give step or timestamp, not both"),
        ({"timestamp": "soon"}, "give step or timestamp, not both"),
        ({"step": 0}, None),
        ({"step": ..., "timestamp": "soon"}, None),
    ],
)
@pytest.mark.parametrize("other", [{}, {"amount": -1}, {"unknown": 1}])
def test_the_times_are_compared_whatever_else_is_wrong(
    client: TestClient, times: dict[str, Any], detail: str | None, other: dict[str, Any]
) -> None:
    response = client.post("/predict", json=payment(**times, **other))

    at_the_whole = [
        fault["detail"]
        for fault in check_problem(response, 422)["errors"]
        if fault["pointer"] == "#"
    ]
    assert at_the_whole == ([detail] if detail else [])


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/predict", [PAYMENT], "send a list to /predict/batch"),
        ("/predict", [], "send a list to /predict/batch"),
        ("/predict", {"transactions": [PAYMENT]}, "send a batch to /predict/batch"),
        ("/predict", {**PAYMENT, "transactions": []}, "send a batch to /predict/batch"),
        ("/predict", 7, "a transaction is a JSON object"),
        ("/predict/batch", [PAYMENT], 'wrap the list: {"transactions": [...]}'),
        ("/predict/batch", [], 'wrap the list: {"transactions": [...]}'),
        ("/predict/batch", PAYMENT, "send one transaction to /predict, or wrap it"),
        ("/predict/batch", {"amount": 1}, "send one transaction to /predict, or wrap it"),
        ("/predict/batch", None, 'a batch is a JSON object: {"transactions": [...]}'),
        ("/predict/batch", {}, "this field is required"),
        ("/predict/batch", {"transactions": PAYMENT}, "send a list of transactions"),
    ],
)
def test_a_body_of_another_shape_is_told_its_place(
    client: TestClient, path: str, body: Any, told: str
) -> None:
    problem = check_problem(client.post(path, content=json.dumps(body), headers=JSON), 422)

    (detail,) = details(problem)
    assert told in detail


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Amount", "amount"),
        ("ammount", "amount"),
        ("oldbalanceOrig", "oldbalanceOrg"),
        ("newbalanceOrg", "newbalanceOrig"),
        ("name_orig", "nameOrig"),
        ("transactionId", "transaction_id"),
        ("isFlagedFraud", "isFlaggedFraud"),
        ("time", "timestamp"),
        ("currency", None),
        ("x" * 5_000, None),
    ],
)
def test_an_unknown_field_that_is_like_one_of_ours_is_told_so(
    client: TestClient, name: str, meant: str | None
) -> None:
    problem = check_problem(client.post("/predict", json={**PAYMENT, name: 1}), 422)

    hint = f"; did you mean {meant}?" if meant else ""
    assert details(problem) == [f"this field is not known{hint}"]


OURS = {f"; did you mean {name}?" for name in WIRE.fields} | {""}


@given(name=st.text(max_size=70) | st.sampled_from([*WIRE.fields]).map(str.upper))
def test_a_hint_names_nothing_but_our_own_fields(name: str) -> None:
    unknown: ErrorDetails = {"type": "extra_forbidden", "loc": (name,), "msg": "", "input": 1}
    (fault,) = BodyFaults(WIRE.fields, ["isFraud"]).of_payment([unknown], PAYMENT)

    assert fault["detail"] in {f"this field is not known{hint}" for hint in OURS} | {
        body_faults.LABEL
    }


GETS = ("/health", "/model")


@pytest.mark.parametrize(
    ("query", "pointer", "hint"),
    [
        ("explian=true", "#/query/explian", "; did you mean explain?"),
        ("Explain=true", "#/query/Explain", "; did you mean explain?"),
        ("debug", "#/query/debug", ""),
        ("explain=true&debug=1", "#/query/debug", ""),
        ("a1=2", "#/query", ""),
        ("=1", "#/query", ""),
        ("%ff%00=1", "#/query", ""),
    ],
)
@pytest.mark.parametrize("path", POSTS)
def test_an_unknown_query_parameter_is_refused(
    client: TestClient, path: str, query: str, pointer: str, hint: str
) -> None:
    problem = check_problem(sent(client, json.dumps(PAYMENT).encode(), f"{path}?{query}"), 422)

    assert problem["errors"] == [
        {"detail": f"this query parameter is not known{hint}", "pointer": pointer}
    ]


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("query", ["explain=true", "t=1"])
def test_a_route_without_parameters_refuses_all(client: TestClient, path: str, query: str) -> None:
    problem = check_problem(client.get(f"{path}?{query}"), 422)

    assert details(problem) == ["this query parameter is not known"]


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("query", ["", "?", "?&"])
def test_an_empty_query_is_none(client: TestClient, path: str, query: str) -> None:
    assert client.get(f"{path}{query}").status_code == 200


@pytest.mark.parametrize("query", ["explain=maybe", "explain=", "explain", "explain=2"])
def test_explain_is_true_or_false(client: TestClient, query: str) -> None:
    problem = check_problem(client.post(f"/predict?{query}", json=PAYMENT), 422)

    assert problem["errors"] == [
        {"detail": "explain: write true or false", "pointer": "#/query/explain"}
    ]


def test_explain_may_be_given_once(client: TestClient) -> None:
    response = client.post("/predict?explain=true&explain=false", json=PAYMENT)

    assert check_problem(response, 422)["errors"] == [
        {"detail": "give this query parameter once", "pointer": "#/query/explain"}
    ]


@pytest.mark.parametrize("name", ["isFlaggedFraud", "isFraud"])
def test_a_problem_of_ten_long_errors_is_small_enough(client: TestClient, name: str) -> None:
    unknown = {name.ljust(length, "_"): 0 for length in range(21, 33)}

    alone = client.post("/predict", json={"timestamp": "x", **unknown})
    many = client.post("/predict/batch", json={"transactions": [unknown] * 100})
    query = client.get("/model", params=dict.fromkeys(unknown, 1))

    check_problem(alone, 422)
    check_problem(query, 422)
    for result in many.json()["results"]:
        assert len(result["problem"]["errors"]) == 10
        assert len(json.dumps(result["problem"])) <= 2048
