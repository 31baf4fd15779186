"""The AWS account. Every call to AWS goes through here and is listed before it is made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from bootstrap.parameters import HIDDEN
from training.errors import CommandError
from training.registry.boto import account_required

LONGEST_ANSWER_S: Final = 130
"""Longer than any function's timeout: boto3 would repeat an invocation that it gave up on."""

CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=LONGEST_ANSWER_S,
    retries={"mode": "standard", "total_max_attempts": 3},
)

LONGEST_VALUE: Final = 60
"""Characters shown of a call's argument; an image's manifest would fill a screen."""


class AwsError(CommandError):
    """Raise when AWS refuses a call; `code` is AWS's error code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Hidden(str):
    """An argument of a call that is never shown."""

    __slots__ = ()


class Account:
    """The account that boto3 finds by its usual settings.

    Parameters
    ----------
    say : callable
        Receives one line for each call before it is made, or for a call that a dry run skips.
    dry_run : bool
        Make no call that changes anything.
    """

    def __init__(self, say: Callable[[str], None], *, dry_run: bool = False) -> None:
        self._say = say
        self.dry_run = dry_run
        self._client = cache(_client)

    def read(self, service: str, operation: str, **arguments: Any) -> Any:
        """Make a read-only call; a dry run makes it too.

        Raises
        ------
        AwsError
            If AWS refuses.
        """
        what = described(service, operation, arguments)
        self._say(what)
        with explained(what):
            return getattr(self._client(service), xform_name(operation))(**arguments)

    def change(self, service: str, operation: str, **arguments: Any) -> Any:
        """Make a call that changes something. A dry run lists it and returns an empty answer.

        Raises
        ------
        AwsError
            If AWS refuses.
        """
        if not self.dry_run:
            return self.read(service, operation, **arguments)
        self._say(f"would call {described(service, operation, arguments)}")
        return {}

    def wait(self, service: str, waiter: str, **arguments: Any) -> None:
        """Wait until a change is complete. A dry run does not wait.

        Raises
        ------
        AwsError
            If it fails, or takes longer than an hour.
        """
        if self.dry_run:
            return
        what = f"aws {service}: waiting for {waiter}"
        self._say(what)
        with explained(what):
            config = {"Delay": 10, "MaxAttempts": 360}
            self._client(service).get_waiter(waiter).wait(**arguments, WaiterConfig=config)

    def place(self) -> str:
        """The account and the region, as a phrase.

        Raises
        ------
        AwsError
            If AWS refuses.
        """
        identity = self.read("sts", "GetCallerIdentity")
        return f"account {identity['Account']}, region {session().region_name}"


def session() -> boto3.session.Session:
    """Credentials and region, from wherever boto3 finds them."""
    return boto3.session.Session()


def _client(service: str) -> Any:
    with explained(f"connecting to {service}"):
        return session().client(service, config=CONFIG)  # type: ignore[call-overload]


def described(service: str, operation: str, arguments: dict[str, Any]) -> str:
    """A call as one line: service and operation as IAM writes them, then the arguments."""
    shown = [f"{name}={_short(value)}" for name, value in arguments.items()]
    return " ".join([f"aws {service}:{operation}", *shown])


def _short(value: Any) -> str:
    text = HIDDEN if isinstance(value, Hidden) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn botocore's errors into ours, with the call, the reason and the remedy.

    Raises
    ------
    AwsError
        If AWS refuses or does not answer.
    InputError
        If region, profile or credentials are missing.
    """
    try:
        with account_required():
            yield
    except ClientError as error:
        fault = error.response.get("Error", {})
        code = str(fault.get("Code", "no code"))
        raise AwsError(f"{what}: AWS says {code}: {fault.get('Message', '')}", code) from error
    except WaiterError as error:
        raise AwsError(f"{what}: {error}", "WaiterError") from error
    except BotoCoreError as error:
        raise AwsError(f"{what}: {error}; check the network", type(error).__name__) from error
