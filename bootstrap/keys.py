"""The API's keys. Values are fetched when they are needed, and never shown."""

from typing import Final

from bootstrap.account import Account

SCORING: Final = "ApiKeyId"
REVIEW: Final = "ReviewKeyId"
"""The stack's outputs with the keys' ids. Only a stack with memory has the second."""

PRINT: Final = (
    "aws apigateway get-api-key --include-value --query value --output text --api-key {key_id}"
)
"""The command that prints a key's value, for a person."""


def value(account: Account, key_id: str) -> str:
    """The key that callers send.

    Raises
    ------
    AwsError
        If AWS refuses, or the key was deleted.
    """
    found = account.read("apigateway", "GetApiKey", apiKey=key_id, includeValue=True)
    return str(found["value"])


def is_enabled(account: Account, key_id: str) -> bool:
    """Whether the gateway takes the key; its value is not read.

    Raises
    ------
    AwsError
        If AWS refuses, or the key was deleted.
    """
    return bool(account.read("apigateway", "GetApiKey", apiKey=key_id)["enabled"])
