"""Requests to AWS, and two of them: an object of S3 and parameters of SSM.

A transient failure is retried once, and given up within seconds: with boto3's defaults, a network
that drops packets would hold a request for minutes.
"""

import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from fraud_api_lambda.aws import transport
from fraud_api_lambda.aws.connections import FAILURES, Connections
from fraud_api_lambda.aws.errors import ModelStoreError, TransientError
from fraud_api_lambda.aws.refusals import is_error, kind_of, refusal_of
from fraud_api_lambda.aws.signature import AwsRequest, Credentials, encoded, signed_headers

type Service = Literal["s3", "ssm", "dynamodb"]

SERVICES: Final[tuple[Service, ...]] = ("s3", "ssm", "dynamodb")

TOTAL_TIMEOUT_S: Final = 60
"""Limit for both attempts of a request together: no thread may wait for hours."""

MAX_ANSWER: Final = 64 * 1024
"""Most bytes of SSM's answer; a parameter has at most 8 KiB."""

SUFFIXES: Final = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "eusc-": "amazonaws.eu",
}
"""Domains of AWS's other partitions, by the prefix of the region's name."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A request to a service; `name` describes it in error messages."""

    name: str
    service: Service
    endpoint: SplitResult
    request: AwsRequest
    limit: int


@dataclass(frozen=True, slots=True)
class AwsClient:
    """Reads from S3 and SSM.

    Attributes
    ----------
    credentials : Credentials
    region : str
    endpoints : dict
        Addresses to use in place of AWS's own, by service.
    connections : Connections
    """

    credentials: Credentials
    region: str
    endpoints: Mapping[Service, str] = field(default_factory=dict)
    connections: Connections = field(default_factory=Connections, compare=False, repr=False)

    def get_parameter(self, name: str) -> str:
        """The value of a parameter.

        Raises
        ------
        NotFoundError
            If there is none of that name.
        ModelStoreError
            If SSM refuses or does not answer.
        """
        answer = self._ssm("GetParameter", {"Name": name}, f"reading the parameter {name}")
        try:
            value: str = json.loads(answer)["Parameter"]["Value"]
        except (ValueError, KeyError, TypeError) as error:
            raise _unreadable(f"reading the parameter {name}") from error
        return value

    def get_parameters(self, names: Sequence[str]) -> dict[str, str]:
        """The values of those of some parameters that exist, decrypted, by name.

        Raises
        ------
        ModelStoreError
            If SSM refuses or does not answer.
        """
        action = f"reading the parameters {', '.join(names)}"
        wanted = {"Names": list(names), "WithDecryption": True}
        answer = self._ssm("GetParameters", wanted, action)
        try:
            found = json.loads(answer)["Parameters"]
            return {each["Name"]: each["Value"] for each in found}
        except (ValueError, KeyError, TypeError) as error:
            raise _unreadable(action) from error

    def _ssm(self, operation: str, content: Mapping[str, object], action: str) -> bytes:
        endpoint = self.endpoint("ssm", f"ssm.{self.region}.{suffix(self.region)}")
        request = json_request(endpoint, f"AmazonSSM.{operation}", "1.1", content)
        return self._request(_Call(action, "ssm", endpoint, request, MAX_ANSWER))

    def get_object(self, bucket: str, key: str, *, version_id: str, limit: int) -> bytes:
        """At most `limit` bytes of one version of an object.

        Raises
        ------
        NotFoundError
            If there is no such bucket, key or version.
        ModelStoreError
            If S3 refuses or does not answer.
        """
        path = f"/{encoded(key, safe='/')}"
        if "s3" in self.endpoints or "." in bucket:  # AWS's certificate covers no bucket with a dot
            host, path = f"s3.{self.region}.{suffix(self.region)}", f"/{bucket}{path}"
        else:
            host = f"{bucket}.s3.{self.region}.{suffix(self.region)}"
        endpoint = self.endpoint("s3", host)
        request = AwsRequest("GET", endpoint.netloc, path, {"versionId": version_id})
        action = f"reading s3://{bucket}/{key}"
        return self._request(_Call(action, "s3", endpoint, request, limit))

    def endpoint(self, service: Service, host: str) -> SplitResult:
        """The address of a service; that of `host` unless another is set.

        Raises
        ------
        ModelStoreError
            If it is not an address.
        """
        address = self.endpoints.get(service, f"https://{host}")
        endpoint = _split(address)
        if endpoint is None:
            raise ModelStoreError(f"connecting to {service}: Invalid endpoint: {address}")
        return endpoint

    def _request(self, call: _Call) -> bytes:
        """The body of the answer; a transient failure is retried once."""
        deadline = time.monotonic() + TOTAL_TIMEOUT_S
        try:
            return self._attempt(call, deadline)
        except TransientError:
            pause = random.uniform(0.02, 0.1)  # noqa: S311  # no secret
            if time.monotonic() + pause >= deadline:
                raise
        time.sleep(pause)
        return self._attempt(call, deadline)

    def _attempt(self, call: _Call, deadline: float) -> bytes:
        try:
            answer = self.exchange(
                call.service, call.endpoint, call.request, limit=call.limit, deadline=deadline
            )
        except FAILURES as error:
            raise TransientError(f"{call.name}: {type(error).__name__}") from error
        if answer.status == 200 and not is_error(answer.body):
            return answer.body
        refusal = refusal_of(answer, self.region)
        text = f"{call.name}: AWS says {refusal.code or refusal.status}"
        raise kind_of(refusal)(text, refusal)

    def exchange(
        self,
        service: Service,
        endpoint: SplitResult,
        request: AwsRequest,
        *,
        limit: int,
        deadline: float,
        connect_s: float | None = None,
    ) -> transport.Answer:
        """Sign and send a request; see `transport.exchange`."""
        headers = signed_headers(
            request, self.credentials, region=self.region, service=service, now=datetime.now(UTC)
        )
        call = transport.Call(endpoint, request, headers, limit, deadline)
        return transport.exchange(call, self.connections, connect_s=connect_s)


_json: Final = json.JSONEncoder(separators=(",", ":")).encode


def json_request(
    endpoint: SplitResult, target: str, version: str, content: Mapping[str, object]
) -> AwsRequest:
    """A request to a service that speaks AWS's JSON protocol."""
    headers = {"content-type": f"application/x-amz-json-{version}", "x-amz-target": target}
    body = _json(content).encode()
    return AwsRequest("POST", endpoint.netloc, headers=headers, body=body)


def _split(address: str) -> SplitResult | None:
    """The parts of an HTTP address; None if it is not one."""
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets without an end, or a port that is no number
        return None
    return parts if is_address else None


def _unreadable(action: str) -> ModelStoreError:
    return ModelStoreError(f"{action}: the answer cannot be read")


def suffix(region: str) -> str:
    """The domain of a region's services."""
    others = (domain for start, domain in SUFFIXES.items() if region.startswith(start))
    return next(others, "amazonaws.com")
