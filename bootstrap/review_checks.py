"""The doctor's check of the reviews: their key, and the function's right to read them."""

from typing import Final

from bootstrap import invocation, keys, memory
from bootstrap.account import AwsError
from bootstrap.invocation import Invocation
from bootstrap.memory_checks import OFF
from bootstrap.site import Site, UnhealthyError

GONE: Final = "NotFoundException"
"""AWS's code for a key that was deleted."""

DENIED: Final = "AccessDenied"
"""The beginning of AWS's code for a missing right."""


def reviews_guarded(site: Site) -> str:
    """The function shows the reviews to the holder of the review key, and to nobody else."""
    if not memory.is_on(site.stack.parameters):
        return OFF
    key_id = site.stack.outputs.get(keys.REVIEW)
    if key_id is None:
        raise UnhealthyError(
            "the stack has no review key: it was deployed by an earlier version",
            f"make deploy ENV={site.environment}",
        )
    _require_enabled(site, key_id)
    other = _asked(site, site.stack.output(keys.SCORING))
    if other.status == 200:
        raise UnhealthyError(
            "the function shows the reviews to the scoring key",
            f"somebody changed its variables: make deploy ENV={site.environment}",
        )
    _require_shown(site, key_id, _asked(site, key_id))
    return f"shown to key {key_id} alone"


def _require_enabled(site: Site, key_id: str) -> None:
    another = f"raise ReviewKeyNumber in samconfig.toml, then make deploy ENV={site.environment}"
    try:
        if keys.is_enabled(site.account, key_id):
            return
    except AwsError as error:
        if error.code != GONE:
            raise
        raise UnhealthyError(f"the review key {key_id} was deleted", another) from error
    raise UnhealthyError(
        f"the review key {key_id} is disabled",
        f"enable it in API Gateway's console; if it leaked, {another}",
    )


def _require_shown(site: Site, key_id: str, answer: Invocation) -> None:
    if answer.status == 200:
        return
    deploy = f"make deploy ENV={site.environment}"
    if answer.failed_reads:
        cause = str(answer.failed_reads[-1].get("cause", "no cause given"))
        raise UnhealthyError(
            f"the function cannot read the reviews: {cause}",
            f"allow its role dynamodb:{cause.partition(':')[0]}: make bootstrap, then {deploy}"
            if DENIED in cause
            else "see `table` and `secret`, then try again in a minute",
        )
    if answer.status == 403:
        raise UnhealthyError(f"the function does not know the review key {key_id}", deploy)
    raise UnhealthyError(
        f"the function answers {answer.status or 'nothing'} to GET /reviews",
        f"404: its image is older than the stack, {deploy}; else `sam logs` shows why",
    )


def _asked(site: Site, key_id: str) -> Invocation:
    return invocation.invoke(site.account, site.function, invocation.get_reviews(key_id))
