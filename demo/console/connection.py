"""A connection to one API: every failure becomes an `ApiError` with advice.

Neither the key nor the text of an exception, which may include the key, leaves this module.
"""

from collections.abc import Collection
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import requests

from console.errors import ApiError, faults_by_field, invalid

TIMEOUT_S: Final = (3.05, 30.0)
"""For the connection and the answer; API Gateway gives up after 29 seconds."""

KEY: Final = "FRAUD_API_KEY"
"""The variable with the key of whoever asks for answers."""

type Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, its latency and its status."""

    body: Answer
    latency_ms: float
    status: int = 200


class Connection:
    """A connection that is kept open.

    Parameters
    ----------
    url, key : str
    key_name : str
        The variable that holds the key, for the advice of an error.
    """

    def __init__(self, url: str, key: str = "", key_name: str = KEY) -> None:
        self.url = url.strip().rstrip("/")
        self._key_name = key_name
        self._has_key = bool(key)
        self._session = requests.Session()
        if key:
            self._session.headers["x-api-key"] = key

    def ask(self, method: str, path: str, body: Any = None, *, also: Collection[int] = ()) -> Reply:
        """The reply to a request.

        Parameters
        ----------
        method, path : str
        body : object
            Sent as JSON.
        also : collection of int
            The statuses besides 200 that are no failure to the caller.

        Raises
        ------
        ApiError
        """
        start = perf_counter()
        response = self._send(method, path, body)
        latency_ms = 1_000 * (perf_counter() - start)
        if response.status_code in also:
            return Reply(_json(response), latency_ms, response.status_code)
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
                f"`{self._key_name}` contains characters that a key cannot have, such as a line "
                "break.",
            ) from None
        except requests.RequestException:
            raise ApiError(
                "The API cannot be reached",
                f"Nothing answers at {self.url}. Is it running, and is the address right?",
            ) from None

    def _error_of(self, response: requests.Response) -> ApiError:
        match response.status_code:
            case 401 | 403:
                return self._refused()
            case 422:
                return invalid_of(_json(response))
            case 429:
                return ApiError(
                    "Too many requests",
                    "The API's rate limit is reached. Wait a moment, then try again.",
                )
            case 503:
                return _not_ready(response)
        return _failed(response)

    def _refused(self) -> ApiError:
        if self._has_key:
            return ApiError(
                "The key was refused",
                f"The API does not accept the key in `{self._key_name}`. Ask its operator for one.",
            )
        return ApiError(
            "The API asks for a key",
            f"Set `{self._key_name}` in the app's secrets or in the environment.",
        )

    def _raise_not_the_fraud_api(self) -> Answer:
        raise ApiError(
            "This is not the fraud API",
            f"The service at {self.url} is a different one. Check `FRAUD_API_URL`.",
        )


def invalid_of(problem: Answer) -> ApiError:
    """The error for values that the API refuses."""
    return invalid(faults_by_field(problem.get("errors", [])))


def _json(response: requests.Response) -> Answer:
    """The body if it is a JSON object, else nothing."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _not_ready(response: requests.Response) -> ApiError:
    seconds = response.headers.get("Retry-After", "")
    wait = f"in {seconds} s" if seconds.isdigit() else "in a moment"
    if _json(response).get("type", "").endswith("memory-unavailable"):
        return ApiError("The memory does not answer", f"Nothing is lost. Try again {wait}.")
    return ApiError(
        "The model is not ready", f"The API is up but has no model loaded yet. Try again {wait}."
    )


def _failed(response: requests.Response) -> ApiError:
    request_id = _json(response).get("request_id")
    hint = f" The reason is in the API's log under request id {request_id}." if request_id else ""
    return ApiError(
        f"The API failed (status {response.status_code})", f"Try again in a moment.{hint}"
    )
