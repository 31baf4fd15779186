"""The API client: a few calls; every failure becomes an `ApiError` with advice.

Neither the key nor the text of an exception, which may include the key, leaves this module.
"""

from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import requests

from console.errors import ApiError, faults_by_field, invalid

TIMEOUT_S: Final = (3.05, 30.0)
"""For the connection and the answer; API Gateway gives up after 29 seconds."""

MAX_BATCH: Final = 100

TRIAL: Final = "/predict?explain=true&record=false"
"""A payment that somebody tries must not become one in the histories of its accounts."""

type Payment = dict[str, Any]
type Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and its latency."""

    body: Answer
    latency_ms: float


class Api:
    """A client of one API; it keeps its connection."""

    def __init__(self, url: str, key: str = "") -> None:
        self.url = url.strip().rstrip("/")
        self._has_key = bool(key)
        self._session = requests.Session()
        if key:
            self._session.headers["x-api-key"] = key

    def model(self) -> Answer:
        """The model in service, its policy and its metrics."""
        return self._ask("GET", "/model").body

    def predict(self, payment: Payment) -> Reply:
        """The answer to one payment, explained and not recorded."""
        return self._ask("POST", TRIAL, payment)

    def predict_batch(
        self, payments: list[Payment], *, explain: bool = False, record: bool = False
    ) -> list[Answer]:
        """The answers to up to 100 payments, in order; a refused payment raises an error."""
        results = self.predict_each(payments, explain=explain, record=record)
        for result in results:
            if "problem" in result:
                raise _invalid(result["problem"])
        return results

    def predict_each(
        self, payments: list[Payment], *, explain: bool = False, record: bool = False
    ) -> list[Answer]:
        """The answers to up to 100 payments, in order; a refused payment has a `problem`."""
        path = f"/predict/batch?explain={explain}&record={record}".lower()
        results: list[Answer] = self._ask("POST", path, {"transactions": payments}).body["results"]
        return results

    def _ask(self, method: str, path: str, body: Any = None) -> Reply:
        start = perf_counter()
        response = self._send(method, path, body)
        latency_ms = 1_000 * (perf_counter() - start)
        if response.status_code != 200:
            raise self._error_of(response)
        return Reply(_json(response) or self._raise_not_the_fraud_api(), latency_ms)

    def _send(self, method: str, path: str, body: Any) -> requests.Response:
        if not self.url.startswith(("http://", "https://")):
            raise ApiError(
                "No API address is set",
                "Set `FRAUD_API_URL` in the app's secrets or in the environment, with http:// or "
                "https:// at its start. `make demo` does so.",
            )
        try:
            return self._session.request(
                method,
                self.url + path,
                json=body,
                timeout=TIMEOUT_S,
                allow_redirects=False,  # a redirect could send the key to another host
            )
        except requests.Timeout:
            raise ApiError(
                "The API does not answer",
                f"There was no answer from {self.url} in time. Try again in a moment.",
            ) from None
        except (requests.exceptions.InvalidHeader, UnicodeError):
            raise ApiError(
                "The key cannot be sent",
                "`FRAUD_API_KEY` contains characters that a key cannot have, such as a line break.",
            ) from None
        except requests.RequestException:
            raise ApiError(
                "The API cannot be reached",
                f"Nothing answers at {self.url}. Is it running, and is the address right?",
            ) from None

    def _error_of(self, response: requests.Response) -> ApiError:
        match response.status_code:
            case 401 | 403:
                return _refused(has_key=self._has_key)
            case 422:
                return _invalid(_json(response))
            case 429:
                return ApiError(
                    "Too many requests",
                    "The API's rate limit is reached. Wait a moment, then try again.",
                )
            case 503:
                return _not_ready(response)
        return _failed(response)

    def _raise_not_the_fraud_api(self) -> Answer:
        raise ApiError(
            "This is not the fraud API",
            f"The service at {self.url} is a different one. Check `FRAUD_API_URL`.",
        )


def _json(response: requests.Response) -> dict[str, Any]:
    """The body if it is a JSON object, else nothing."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refused(*, has_key: bool) -> ApiError:
    if has_key:
        return ApiError(
            "The key was refused",
            "The API does not accept the key in `FRAUD_API_KEY`. Ask its operator for one.",
        )
    return ApiError(
        "The API asks for a key",
        "Set `FRAUD_API_KEY` in the app's secrets or in the environment.",
    )


def _not_ready(response: requests.Response) -> ApiError:
    seconds = response.headers.get("Retry-After", "")
    wait = f"in {seconds} s" if seconds.isdigit() else "in a moment"
    return ApiError(
        "The model is not ready", f"The API is up but has no model loaded yet. Try again {wait}."
    )


def _invalid(problem: dict[str, Any]) -> ApiError:
    return invalid(faults_by_field(problem.get("errors", [])))


def _failed(response: requests.Response) -> ApiError:
    request_id = _json(response).get("request_id")
    hint = f" The reason is in the API's log under request id {request_id}." if request_id else ""
    return ApiError(
        f"The API failed (status {response.status_code})", f"Try again in a moment.{hint}"
    )
