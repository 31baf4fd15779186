"""AWS's request signature, version 4, for the two reads that the runtime makes. Pure.

For these two reads, boto3 would take 0.3 s of a cold start and 35 MB of the image. These few lines
sign the same requests; a test compares them with botocore.

References
----------
AWS General Reference: Create a signed AWS API request (Signature Version 4).
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys of a user, or the keys and the token of a role."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """A request that can be signed.

    Attributes
    ----------
    host : str
        With the port where it is not the scheme's own.
    path : str
        Percent-encoded once, as S3 signs it. Other services sign it encoded twice, which makes no
        difference to ``/``.
    query, headers : dict
    body : bytes
    """

    method: str
    host: str
    path: str = "/"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        """Path and query, as in the request line and in the signature."""
        return f"{self.path}?{self.canonical_query}" if self.query else self.path

    @property
    def canonical_query(self) -> str:
        """The query, encoded and sorted by name."""
        pairs = sorted((encoded(name), encoded(value)) for name, value in self.query.items())
        return "&".join(f"{name}={value}" for name, value in pairs)


def encoded(text: str, *, safe: str = "") -> str:
    """Percent-encoded by AWS's rule: everything but letters, digits and ``-._~``."""
    return quote(text, safe=f"{safe}-._~")


def signed_headers(
    request: AwsRequest, credentials: Credentials, *, region: str, service: str, now: datetime
) -> dict[str, str]:
    """The request's headers, with AWS's signature.

    Parameters
    ----------
    request : AwsRequest
    credentials : Credentials
    region, service : str
    now : datetime
        In UTC; AWS refuses a signature whose time is minutes off.
    """
    timestamp = f"{now:%Y%m%dT%H%M%SZ}"
    body_digest = hashlib.sha256(request.body).hexdigest()
    headers = {
        **request.headers,
        "host": request.host,
        "x-amz-content-sha256": body_digest,
        "x-amz-date": timestamp,
    }
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        (
            *(request.method, request.path, request.canonical_query),
            *(f"{name}:{headers[name].strip()}" for name in sorted(headers)),
            *("", names, body_digest),
        )
    )
    scope = f"{timestamp[:8]}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = _key_of_day(credentials.secret_access_key, scope)
    text = f"{ALGORITHM}\n{timestamp}\n{scope}\n{digest}"
    signature = hmac.digest(key, text.encode(), "sha256")
    headers["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={names}, Signature={signature.hex()}"
    )
    return headers


@lru_cache(maxsize=8)
def _key_of_day(secret: str, scope: str) -> bytes:
    """The key for a day, a region and a service."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
