"""The route of an event is the one that the gateway matched, whatever the API is mounted on."""

import json
from typing import Any

import pytest

from fraud_api_lambda.web.events import with_matched_path
from tests.api.support import check_problem
from tests.function.in_process import CONTEXT, Handler, response
from tests.function.runtime import MOUNTED, event, without_ids

BATCH = "/predict/batch"
CUSTOM_DOMAIN = "api.example.com"


def rest(
    path: str, resource: str, proxy: str | None = None, method: str = "POST"
) -> dict[str, Any]:
    """The genuine payment, sent to a REST API that matched this resource."""
    sent = event("rest_v1_genuine")
    parameters = None if proxy is None else {"proxy": proxy}
    sent |= {"path": path, "resource": resource, "pathParameters": parameters, "httpMethod": method}
    return sent


def http(
    path: str, route: str, stage: str = "$default", proxy: str | None = None
) -> dict[str, Any]:
    """The genuine payment, sent to an HTTP API that matched this route."""
    sent = event("http_v2_genuine")
    sent |= {"rawPath": path, "routeKey": route}
    if proxy is not None:
        sent["pathParameters"] = {"proxy": proxy}
    sent["requestContext"]["stage"] = stage
    sent["requestContext"]["http"]["path"] = path
    return sent


def as_batch(sent: Any) -> dict[str, Any]:
    return {**sent, "body": json.dumps({"transactions": [json.loads(sent["body"])]})}


@pytest.mark.parametrize("name", MOUNTED)
def test_an_api_that_is_mounted_elsewhere_is_answered_as_one_at_its_root(
    handler: Handler, name: str
) -> None:
    at_root = without_ids(handler(event("rest_v1_genuine"), CONTEXT))

    assert without_ids(handler(event(name), CONTEXT)) == at_root
    assert at_root[0] == 200


REACHED = {
    "a resource": rest(BATCH, BATCH),
    "a resource, called with a slash": rest(f"{BATCH}/", BATCH),
    "a resource, called by an encoded slash": rest("/predict%2Fbatch", BATCH),
    "a resource below a base path": rest("/pay/fraud/predict/batch", BATCH),
    "a resource below a base path named like a route": rest("/predict/predict/batch", BATCH),
    "a resource below stage and base path": rest("/live/pay/predict/batch/", BATCH),
    "a proxy": rest(BATCH, "/{proxy+}", "predict/batch"),
    "a proxy, called with a slash": rest(f"{BATCH}/", "/{proxy+}", "predict/batch/"),
    "a proxy below a base path": rest("/pay/predict/batch", "/{proxy+}", "predict/batch"),
    "a proxy below a path of its own": rest("/v1/predict/batch", "/v1/{proxy+}", "predict/batch"),
    "a proxy of another name": rest(BATCH, "/{anything+}"),
    "a proxy that does not say what it stands for": rest(BATCH, "/{proxy+}"),
    "a route": http(BATCH, f"POST {BATCH}"),
    "a route for any method": http(BATCH, f"ANY {BATCH}"),
    "a route in a stage": http("/live/predict/batch", f"POST {BATCH}", "live"),
    "a route in a stage that is named like a route": http(
        "/predict/predict/batch", f"POST {BATCH}", "predict"
    ),
    "a route below a base path": http("/pay/predict/batch", f"POST {BATCH}", "live"),
    "a route below stage and base path": http("/live/pay/predict/batch", f"POST {BATCH}", "live"),
    "a proxy route in a stage": http(
        "/live/predict/batch", "ANY /{proxy+}", "live", "predict/batch"
    ),
    "the default route": http(BATCH, "$default"),
    "the default route, called with a slash": http(f"{BATCH}/", "$default"),
    "the default route in a stage": http("/live/predict/batch", "$default", "live"),
    "the default route in a stage that is named like a route": http(
        "/predict/predict/batch", "$default", "predict"
    ),
}


@pytest.mark.parametrize("sent", REACHED.values(), ids=REACHED)
def test_a_batch_reaches_its_route(handler: Handler, sent: Any) -> None:
    answer = handler(as_batch(sent), CONTEXT)

    assert answer["statusCode"] == 200, answer["body"]
    assert len(json.loads(answer["body"])["results"]) == 1


PREDICTION = "/predictions/{prediction_id}"


def of_prediction(sent: dict[str, Any], name: object) -> dict[str, Any]:
    return {**sent, "pathParameters": {"prediction_id": name}}


@pytest.mark.parametrize("called", ["/predictions/abc", "/pay/predictions/abc/"])
def test_a_parameter_of_a_route_is_put_into_its_path(called: str) -> None:
    of_rest = with_matched_path(of_prediction(rest(called, PREDICTION), "abc"))
    of_http = with_matched_path(of_prediction(http(called, f"GET {PREDICTION}"), "abc"))

    assert of_rest["path"] == "/predictions/abc"
    assert of_http["requestContext"]["http"]["path"] == "/predictions/abc"


def test_a_slash_in_a_parameter_makes_no_other_route() -> None:
    sent = with_matched_path(of_prediction(rest("/x", PREDICTION), "a%2Fb"))

    assert sent["path"] == "/predictions/a%252Fb"


@pytest.mark.parametrize("parameters", [None, {}, {"other": "abc"}, {"prediction_id": 7}])
def test_a_route_without_its_parameter_is_no_event_of_an_api(
    handler: Handler, parameters: object
) -> None:
    answer = handler({**rest("/x", PREDICTION), "pathParameters": parameters}, CONTEXT)

    check_problem(response(answer), 400)


UNKNOWN = {
    "the root": rest("/", "/"),
    "another resource, though the path ends like a route": rest("/other/predict", "/other"),
    "another proxy": rest("/predict/other", "/{proxy+}", "predict/other"),
    "an empty proxy": rest("/", "/{proxy+}", ""),
    "two slashes at the end": rest("/predict//", "/{proxy+}", "predict//"),
    "two slashes at the beginning": rest("//predict", "/{proxy+}", "/predict"),
    "a slash that is encoded": rest("/predict%2Fbatch", "/{proxy+}", "predict%2Fbatch"),
    "a slash that is encoded in small letters": http("/predict%2fbatch", "$default"),
    "a slash that is encoded twice": http("/predict%252Fbatch", "$default"),
    "another route, though the path ends like ours": http("/other/predict", "POST /other"),
    "the root of a stage that is named like a route": http("/predict", "$default", "predict"),
    "a path that lacks its stage's route": http("/predict/batch", "$default", "predict"),
    "a path below one that the API cannot know": http("/pay/predict", "$default"),
}


@pytest.mark.parametrize("sent", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_no_route_is_a_404(handler: Handler, sent: Any) -> None:
    problem = check_problem(response(handler(sent, CONTEXT)), 404)

    assert problem["type"].endswith(":not-found")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "GET", "PUT"])
def test_another_method_below_a_base_path_is_a_405_that_names_the_allowed_one(
    handler: Handler, method: str
) -> None:
    answer = handler(rest("/pay/predict/", "/predict", method=method), CONTEXT)

    check_problem(response(answer), 405)
    assert answer["headers"]["allow"] == "POST"
