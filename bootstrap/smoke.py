"""Run the smoke test against a deployed environment, with its address, keys and signature."""

import os
import subprocess
from pathlib import Path

from bootstrap import keys, stacks
from bootstrap.account import Account, session
from bootstrap.parameters import SAMCONFIG, read_environment
from training.errors import CheckFailedError
from training.local.processes import ROOT


def smoke(account: Account, *, environment: str, samconfig: Path = SAMCONFIG) -> None:
    """Run `.ci/smoke` against the environment's API.

    Raises
    ------
    CheckFailedError
        If the stack does not exist, or an answer is wrong.
    CommandError
        If AWS refuses.
    """
    target = read_environment(environment, samconfig)
    remedy = f"`make deploy ENV={environment}` makes it"
    stack = stacks.require(account, target.stack_name, remedy)
    sent = {"SMOKE_KEY": keys.value(account, stack.output(keys.SCORING))}
    if keys.REVIEW in stack.outputs:
        sent["SMOKE_REVIEW_KEY"] = keys.value(account, stack.output(keys.REVIEW))
    signs = stack.parameters.get("CallerAuthorisation") == "AWS_IAM"
    done = subprocess.run(
        [ROOT / ".ci" / "smoke", stack.output("ApiUrl")],
        env={**os.environ, **sent, **(_signing() if signs else {})},
        check=False,
    )
    if done.returncode:
        raise CheckFailedError(f"{stack.name} fails the test; next: make doctor ENV={environment}")


def _signing() -> dict[str, str]:
    """Variables with which `.ci/smoke` signs, from boto3's credentials."""
    current = session()
    credentials = current.get_credentials()
    if credentials is None:
        return {}
    frozen = credentials.get_frozen_credentials()
    return {
        "SMOKE_SIGN_REGION": str(current.region_name),
        "AWS_ACCESS_KEY_ID": str(frozen.access_key),
        "AWS_SECRET_ACCESS_KEY": str(frozen.secret_key),
        "AWS_SESSION_TOKEN": frozen.token or "",
    }
