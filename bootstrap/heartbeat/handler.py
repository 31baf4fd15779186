"""The heartbeat: score an example payment of the served model through the gateway, as callers do.

Models learn the amounts of their data, so no fixed payment is a fraud to all of them.
``GET /model`` returns two examples with their answers from training. The function fails if the
API's answer is wrong, late or missing, and Lambda's free metric Errors then raises the alarm. The
function is a zip with the standard library alone, so it shares neither image nor package with the
API.
"""

import hashlib
import hmac
import json
import math
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

TIMEOUT_S = 14
TOLERANCE = 1e-5
"""Relative tolerance of a probability: processors round differently."""

GET_MODEL = {
    "resource": "/model",
    "path": "/model",
    "httpMethod": "GET",
    "headers": {"accept": "application/json"},
    "multiValueHeaders": {"accept": ["application/json"]},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "requestContext": {
        "resourcePath": "/model",
        "httpMethod": "GET",
        "requestId": "past-the-gateway",
    },
    "body": None,
    "isBase64Encoded": False,
}
"""GET /model as a REST API passes it to the function; `bootstrap.invocation` sends it too."""

ATTEMPTS = 2
PAUSE_S = 2
"""Pause between the attempts. Callers retry too, and one slow cold start must raise no alarm."""

SETTLING_S = 300
"""Time after a promotion in which the previous model may answer: containers poll once a minute."""


class HeartbeatError(Exception):
    """Raise when an answer of the API is wrong, late or missing."""


def handler(event: object, context: object) -> dict[str, Any]:  # noqa: ARG001  # Lambda's signature
    """Make at most two attempts, and return the summary that is logged too."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            summary = _ask(os.environ)
        except HeartbeatError as error:
            _log("WARNING", str(error), attempt=attempt)
            if attempt == ATTEMPTS:
                raise
            time.sleep(PAUSE_S)
        else:
            _log("INFO", "heartbeat", attempt=attempt, **summary)
            return summary
    raise AssertionError  # the last attempt returns or raises


def _log(level: str, message: str, **facts: object) -> None:
    print(json.dumps({"level": level, "message": message} | facts))  # noqa: T201  # Lambda's log


def _ask(environment: Mapping[str, str]) -> dict[str, Any]:
    """One attempt: fetch an example, score it, and compare the answer with the example's."""
    key = {"x-api-key": _api_key(environment["APIGATEWAY_URL"], environment["API_KEY_ID"])}
    model = _model(environment["LAMBDA_URL"], environment["FUNCTION"])
    name, example = _example(model)
    began = time.perf_counter()
    url = f"{environment['API_URL']}/predict?record=false"  # no payment: no history may move
    answer = _request("execute-api", url, example["transaction"], key)
    latency_ms = round(1000 * (time.perf_counter() - began))
    versions = _versions(environment["SSM_URL"], environment["MODEL_PARAMETER"])
    _check_version("GET /model", model.get("version"), versions)
    _check_version("POST /predict", answer.get("model_version"), versions)
    if "no_history" in answer.get("degraded", ()) and "no_history" not in model.get("degraded", ()):
        raise HeartbeatError("POST /predict: no_history, so the table was not read; look at it")
    if answer["model_version"] == model["version"]:  # else a promotion came between the two
        _check_answer(name, answer, example["answer"])
    return {
        "model_version": answer["model_version"],
        "example": name,
        "decision": answer["decision"],
        "latency_ms": latency_ms,
    }


def _model(url: str, function: str) -> dict[str, Any]:
    """``GET /model``, past the gateway, whose calls cost money."""
    answer = _request(
        "lambda", f"{url}/2015-03-31/functions/{function}/invocations?Qualifier=live", GET_MODEL
    )
    try:
        status, model = answer["statusCode"], dict(json.loads(answer["body"]))
    except (KeyError, TypeError, ValueError) as error:
        raise HeartbeatError(
            f"GET /model: the function answers {answer.get('errorType', 'no model')}"
        ) from error
    if status != 200:
        raise HeartbeatError(f"GET /model: status {status}")
    return model


def _example(model: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The example that the model stops or, if it stops none, the one that it approves."""
    try:
        examples = model["examples"]
        name = "approved" if examples["stopped"] is None else "stopped"
        example = {part: dict(examples[name][part]) for part in ("transaction", "answer")}
    except (KeyError, TypeError, ValueError) as error:
        raise HeartbeatError("GET /model: the model has no example") from error
    return name, example


def _check_version(route: str, version: object, versions: set[str]) -> None:
    """Raise `HeartbeatError` unless the pointer allows the version that answers."""
    if version not in versions:
        raise HeartbeatError(
            f"{route}: model {version} answers, the pointer names "
            f"{' or '.join(sorted(versions))}; look for `model load failed` in the function's log"
        )


def _check_answer(name: str, answer: dict[str, Any], expected: dict[str, Any]) -> None:
    """Raise `HeartbeatError` unless the answer is that of training."""
    probability = answer.get("fraud_probability")
    if not isinstance(probability, float) or not 0 < probability < 1:
        raise HeartbeatError("POST /predict: the answer has no fraud_probability between 0 and 1")
    wanted = expected.get("fraud_probability")
    is_near = isinstance(wanted, float) and math.isclose(probability, wanted, rel_tol=TOLERANCE)
    if not is_near or answer.get("decision") != expected.get("decision"):
        raise HeartbeatError(
            f"POST /predict: the model's {name} example got {answer.get('decision')} at "
            f"{probability}, not {expected.get('decision')} at {wanted}; look at the model served"
        )


def _api_key(url: str, key_id: str) -> str:
    """The key's value, fetched so that no readable configuration contains it."""
    api_key = _request("apigateway", f"{url}/apikeys/{key_id}?includeValue=true")
    return str(api_key["value"])


def _versions(url: str, name: str) -> set[str]:
    """The versions that may answer: the pointer's, and the previous one while it settles."""
    target = {
        "x-amz-target": "AmazonSSM.GetParameter",
        "content-type": "application/x-amz-json-1.1",
    }
    parameter = _request("ssm", f"{url}/", {"Name": name}, target)["Parameter"]
    try:
        pointer = json.loads(parameter["Value"])
        pins = [pointer]
        if pointer["previous"] and time.time() - parameter["LastModifiedDate"] < SETTLING_S:
            pins.append(pointer["previous"])
        return {pin["sha256"][:16] for pin in pins}
    except (ValueError, KeyError, TypeError) as error:
        raise HeartbeatError(
            f"the parameter {name} holds no pointer; promote a version to repair it"
        ) from error


def _request(
    service: str, url: str, body: object = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Send a signed request and return the JSON object in its answer."""
    data = b"" if body is None else json.dumps(body).encode()
    method = "GET" if body is None else "POST"
    wanted = {"accept": "application/json", "content-type": "application/json"} | (headers or {})
    request_headers = signed(method, url, data, wanted, service)
    request = Request(url, data or None, request_headers, method=method)  # noqa: S310  # addresses of AWS
    place = f"{method} {urlsplit(url)._replace(query='').geturl()}"
    try:
        with urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310  # as above
            answer = json.load(response)
    except HTTPError as error:
        error.close()
        raise HeartbeatError(f"{place}: status {error.code}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise HeartbeatError(f"{place}: no answer ({type(error).__name__})") from error
    if not isinstance(answer, dict):
        raise HeartbeatError(f"{place}: the answer is no JSON object")
    return answer


def signed(
    method: str, url: str, data: bytes, headers: dict[str, str], service: str
) -> dict[str, str]:
    """The headers with AWS's signature, version 4; a route that needs only the key ignores it."""
    now, region = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"), os.environ["AWS_REGION"]
    place = urlsplit(url)
    all_headers = headers | {"host": place.netloc, "x-amz-date": now}
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        all_headers["x-amz-security-token"] = token
    names = sorted(all_headers)
    lines = [f"{name}:{all_headers[name]}" for name in names]
    digest = hashlib.sha256(data).hexdigest()
    request = [method, place.path, place.query, *lines, "", ";".join(names), digest]
    scope = f"{now[:8]}/{region}/{service}/aws4_request"
    canonical = hashlib.sha256("\n".join(request).encode()).hexdigest()
    signature = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in [*scope.split("/"), f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{canonical}"]:
        signature = hmac.digest(signature, part.encode(), "sha256")
    all_headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature.hex()}"
    )
    return all_headers
