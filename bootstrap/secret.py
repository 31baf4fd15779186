"""Make the secrets of the memory, once: account ids are keyed by them and records are sealed."""

import base64
import secrets
from pathlib import Path
from typing import Final

import typer

from bootstrap.account import Account, AwsError, Hidden
from bootstrap.memory import COPY, SECURE, find_table, secret_type
from bootstrap.parameters import environments, read_environment
from bootstrap.transform import TEMPLATE, declared_by
from training.errors import CheckFailedError

SECRET_BYTES: Final = 32

PUT_BACK: Final = (
    'aws ssm put-parameter --type SecureString --name {name} --value "$(cat FILE_WITH_YOUR_COPY)"'
)


def make_secrets(account: Account, samconfig: Path) -> None:
    """Make the secret of each environment unless it is there; none is ever replaced.

    Raises
    ------
    CheckFailedError
        If a secret is gone, and its table holds what only that secret can read.
    AwsError
        If AWS refuses.
    """
    for secret, table in _secrets(samconfig).items():
        if secret_type(account, secret) is not None:
            typer.echo(f"the secret {secret} is there and stays")
            continue
        _require_empty(account, table, secret)
        _make(account, secret)


def _secrets(samconfig: Path) -> dict[str, str]:
    """The name of each environment's secret, with the name of its table."""
    default = str(declared_by(TEMPLATE.read_text())["SecretParameter"]["Default"])
    targets = [read_environment(name, samconfig) for name in environments(samconfig)]
    return {
        target.overrides.get("SecretParameter", default): target.stack_name for target in targets
    }


def _require_empty(account: Account, table: str, secret: str) -> None:
    found = find_table(account, table)
    if found is not None and found["ItemCount"]:
        raise CheckFailedError(
            f"the secret {secret} is gone, and only it can read what the table {table} holds; "
            f"put your copy back: {PUT_BACK.format(name=secret)}"
        )


def _make(account: Account, name: str) -> None:
    value = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    try:
        # Without Overwrite, so that of two runs at the same time one is refused.
        account.change("ssm", "PutParameter", Name=name, Type=SECURE, Value=Hidden(value))
    except AwsError as error:
        if error.code != "ParameterAlreadyExists":
            raise
        typer.echo(f"the secret {name} was made by somebody else meanwhile, and stays")
        return
    made = "would make" if account.dry_run else "made"
    typer.echo(f"{made} the secret {name}; keep a copy outside of AWS: {COPY.format(name=name)}")
