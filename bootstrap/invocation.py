"""Invoke the deployed function without the gateway: it then uses its own role."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from bootstrap.account import Account
from bootstrap.heartbeat.handler import GET_MODEL
from bootstrap.rollback import ALIAS

NO_ROUTE: Final = "the function cannot reach AWS: a VPC needs endpoints of S3 and SSM, or a NAT"
CLOCK: Final = "its clock or its credentials are wrong; make deploy starts new containers"
PROMOTE: Final = "promote a version; `pointer` has the command"
SUSPECT: Final = "do not trust the bucket; promote another version"

REMEDIES: Final = {
    "ParameterNotFound": PROMOTE,
    "DamagedPointerError": PROMOTE,
    "NoSuchKey": PROMOTE,
    "NoSuchVersion": PROMOTE,
    "NoSuchBucket": "ModelBucket names no bucket; make deploy with one that exists",
    "IntegrityError": SUSPECT,
    "BundleError": "train and publish it again with this release, or promote the one before",
    "RequestTimeTooSkewed": CLOCK,
    "InvalidSignatureException": CLOCK,
    "SignatureDoesNotMatch": CLOCK,
    "ExpiredToken": CLOCK,
    "ExpiredTokenException": CLOCK,
    "gaierror": NO_ROUTE,
    "TimeoutError": NO_ROUTE,
    "ConnectionRefusedError": NO_ROUTE,
}
"""By AWS's error code, or by the exception's name where AWS sent no answer."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """The function's answer, and its log lines about failed loads.

    Attributes
    ----------
    status : int or None
        HTTP status; None if the function failed.
    body : dict
    failed_loads, failed_reads : list of dict
        Its log lines `model load failed` and `table failed`.
    """

    status: int | None
    body: dict[str, Any]
    failed_loads: list[dict[str, Any]]
    failed_reads: list[dict[str, Any]]


def invoke(
    account: Account, function: str, event: Mapping[str, Any] = MappingProxyType(GET_MODEL)
) -> Invocation:
    """Ask the deployed version, by default for its model.

    Raises
    ------
    AwsError
        If AWS refuses the invocation.
    """
    answer = account.read(
        *("lambda", "Invoke"),
        FunctionName=function,
        Qualifier=ALIAS,
        LogType="Tail",
        Payload=json.dumps({**event}).encode(),
    )
    reply = _object(answer["Payload"].read())
    log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
    lines = [_object(line) for line in log.splitlines()]
    failed_loads, failed_reads = (
        [line for line in lines if line.get("message") == message]
        for message in ("model load failed", "table failed")
    )
    body = _object(reply.get("body") or "")
    return Invocation(reply.get("statusCode"), body, failed_loads, failed_reads)


def get_reviews(key_id: str) -> dict[str, Any]:
    """GET /reviews?limit=1 as a REST API passes it to the function, by the holder of a key."""
    return {
        **GET_MODEL,
        "resource": "/reviews",
        "path": "/reviews",
        "queryStringParameters": {"limit": "1"},
        "multiValueQueryStringParameters": {"limit": ["1"]},
        "requestContext": {
            "resourcePath": "/reviews",
            "httpMethod": "GET",
            "requestId": "past-the-gateway",
            "identity": {"apiKeyId": key_id},
        },
    }


def _object(text: str | bytes) -> dict[str, Any]:
    """The JSON object in a text; an empty one if there is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def described(failure: dict[str, Any]) -> str:
    """A failed load as a phrase."""
    names = ("operation", "status", "code", "action", "region", "exception_name")
    facts = " ".join(str(failure[name]) for name in names if name in failure)
    return f"the function's own role: {facts}"


def remedy(failure: dict[str, Any]) -> str:
    """The remedy for a failed load."""
    if action := failure.get("action"):
        return f"allow the function's role {action}, in its policy and in that of bucket or key"
    if region := failure.get("region"):
        return f"the bucket is in {region}: deploy there, or name a ModelBucket of this region"
    code = failure.get("code") or failure.get("exception_name")
    if str(code).startswith("KMS."):
        return "enable the key that the bucket encrypts with"
    if str(code).startswith("AccessDenied"):
        return "compare the function's role and the bucket's policy with template.yaml"
    return REMEDIES.get(
        str(code), "its log has the line `model load failed`; try again in a minute"
    )
