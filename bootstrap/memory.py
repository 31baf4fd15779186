"""The memory of payments as a deployment needs it: a table and a secret that outlive the stack."""

from collections.abc import Mapping
from typing import Any, Final

from bootstrap.account import Account, AwsError
from training.errors import CheckFailedError

SECURE: Final = "SecureString"
"""The type of the secret's parameter."""

COPY: Final = (
    "aws ssm get-parameter --with-decryption --query Parameter.Value --output text --name {name}"
)
"""The command that prints a secret, so that a person can keep a copy."""


def is_on(parameters: Mapping[str, str]) -> bool:
    """Whether a stack with these parameters remembers payments."""
    return parameters.get("Memory") == "on"


def find_table(account: Account, name: str) -> dict[str, Any] | None:
    """DynamoDB's description of a table, or None if there is none.

    Raises
    ------
    AwsError
        If AWS refuses.
    """
    try:
        table: dict[str, Any] = account.read("dynamodb", "DescribeTable", TableName=name)["Table"]
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise
    return table


def secret_type(account: Account, name: str) -> str | None:
    """The type of a secret's parameter, or None if there is none. Its value is not decrypted.

    Raises
    ------
    AwsError
        If AWS refuses.
    """
    try:
        parameter = account.read("ssm", "GetParameter", Name=name)["Parameter"]
    except AwsError as error:
        if error.code == "ParameterNotFound":
            return None
        raise
    return str(parameter["Type"])


def require(account: Account, table: str, parameters: Mapping[str, str]) -> None:
    """Raise `CheckFailedError` if a stack is to remember payments and cannot.

    Parameters
    ----------
    account : Account
    table : str
        The table's name, which is the stack's.
    parameters : mapping of str to str
        The stack's parameters.

    Raises
    ------
    CheckFailedError
        If table or secret is missing; the message names the remedy.
    AwsError
        If AWS refuses.
    """
    if not is_on(parameters):
        return
    secret = parameters["SecretParameter"]
    missing = [] if find_table(account, table) else [f"table {table}"]
    missing += [] if secret_type(account, secret) else [f"secret {secret}"]
    if missing:
        raise CheckFailedError(
            f"Memory=on, but there is no {' and no '.join(missing)}; `make bootstrap` makes it. "
            "To deploy without, set Memory=off in samconfig.toml"
        )
