"""The doctor's checks. Each returns a detail, or raises its fault with a remedy."""

from collections.abc import Callable
from typing import Final

from bootstrap import images, invocation
from bootstrap.image_tags import in_use_tag
from bootstrap.memory_checks import secret_kept, table_ready
from bootstrap.monitoring import alarms_quiet, heartbeat_fresh
from bootstrap.review_checks import reviews_guarded
from bootstrap.rollback import ALIAS, deployed_digest
from bootstrap.site import Site, UnhealthyError
from bootstrap.stack_status import remedy
from fraud_api_lambda.aws.errors import ModelStoreError, NotFoundError
from fraud_api_lambda.deployment.pointer import DamagedPointerError, IntegrityError
from training.errors import CheckFailedError
from training.hints import fraud, registry_options

HEALTHY: Final = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}


def stack_state(site: Site) -> str:
    """The last deploy succeeded."""
    status = site.stack.status
    if status in HEALTHY:
        return status
    if status.endswith("_IN_PROGRESS"):
        raise UnhealthyError(
            f"{status}: a deploy is in progress", "wait until it ends, then run this again"
        )
    helps = remedy(site.stack, environment=site.environment) or (
        "the previous version serves; find the cause in the stack's events, then "
        f"make deploy ENV={site.environment}"
    )
    raise UnhealthyError(f"{status} {site.stack.reason}".rstrip(), helps)


def function_state(site: Site) -> str:
    """Lambda can run the version in service."""
    function = site.account.read(
        "lambda", "GetFunctionConfiguration", FunctionName=site.function, Qualifier=ALIAS
    )
    state, update = function["State"], function.get("LastUpdateStatus", "Successful")
    if state == "Inactive":
        raise UnhealthyError(
            "Inactive: it had no call for weeks, and Lambda will refuse the next one",
            "call it twice (make smoke), then find out why the heartbeat did not call it",
        )
    if state != "Active":
        raise UnhealthyError(
            f"{state}: {function.get('StateReason', 'no reason given')}",
            f"make deploy ENV={site.environment}",
        )
    if update != "Successful":
        raise UnhealthyError(
            f"last update {update}: {function.get('LastUpdateStatusReason', 'no reason given')}",
            f"wait if it is InProgress, else make deploy ENV={site.environment}",
        )
    return f"Active, {function['MemorySize']} MB, version {function['Version']}"


def image_present(site: Site) -> str:
    """The repository has the image. Without it no new container starts, and no log says why."""
    try:
        tags = images.require(site.account, site.repository, site.digest)
    except CheckFailedError as error:
        raise UnhealthyError(
            f"{site.repository.name} has no image {site.digest}",
            f"make deploy ENV={site.environment} builds another; find out who deleted this one",
        ) from error
    if in_use_tag(site.environment, site.digest) not in tags:
        raise UnhealthyError(
            f"{site.digest} has no tag {in_use_tag(site.environment, site.digest)}: a lifecycle "
            "rule may expire it",
            f"make deploy ENV={site.environment} tags it",
        )
    return site.digest


def alias_is_deployed(site: Site) -> str:
    """The alias points at one version only, and that version runs the deployed image."""
    if weights := site.alias.get("RoutingConfig", {}).get("AdditionalVersionWeights"):
        raise UnhealthyError(
            f"`{ALIAS}` shares its calls with version {', '.join(weights)}: a rollout is under way",
            "wait until CodeDeploy ends it, then run this again",
        )
    version = site.alias["FunctionVersion"]
    digest = deployed_digest(site.account, site.function, version)
    if digest != site.digest:
        raise UnhealthyError(
            f"`{ALIAS}` is version {version} with {digest}, the stack was deployed with "
            f"{site.digest}",
            f"somebody moved it by hand, or a canary failed: make deploy ENV={site.environment}",
        )
    return f"version {version}"


def pointer_verifies(site: Site) -> str:
    """The bucket has the pointer's model, byte for byte."""
    registry = registry_options(site.registry.bucket, site.registry.parameter)
    promote = f"promote a version that this lists: {fraud('models', *registry)}"
    try:
        site.registry.fetch(site.pinned)
    except IntegrityError as error:
        raise UnhealthyError(str(error), f"do not trust the bucket; {promote}") from error
    except NotFoundError as error:
        raise UnhealthyError(f"{error}: there is no model to serve", promote) from error
    except DamagedPointerError as error:
        raise UnhealthyError(str(error), promote) from error
    except ModelStoreError as error:
        whose = "this call used your credentials; the check `model` uses the function's"
        raise UnhealthyError(str(error), whose) from error
    return f"{site.pinned.version}, {site.pinned.size:,} bytes"


def model_loads(site: Site) -> str:
    """The function reads pointer and model with its own role, not with the operator's."""
    answer = invocation.invoke(site.account, site.function)
    if answer.failed_loads:
        failure = answer.failed_loads[-1]
        raise UnhealthyError(invocation.described(failure), invocation.remedy(failure))
    if answer.status is None:
        raise UnhealthyError("the function did not answer", "`sam logs` shows how it ended")
    version = answer.body.get("version")
    if answer.status != 200 or not version:
        raise UnhealthyError(
            f"the function answers {answer.status} to GET /model",
            "`sam logs` shows why: `settings cannot be used`, or `model load failed`",
        )
    return f"{version}, read by the function's own role"


def versions_match(site: Site) -> str:
    """Callers are answered by the model that the pointer names."""
    served = site.served_version()
    try:
        wanted = site.pinned.version
    except ModelStoreError as error:
        raise UnhealthyError(
            f"{served} answers, and there is no pointer", "see `pointer`"
        ) from error
    if served != wanted:
        raise UnhealthyError(
            f"{served} answers, the pointer names {wanted}",
            "wait a minute after a promotion; otherwise see `model` and the function's log",
        )
    return served


CHECKS: Final[dict[str, Callable[[Site], str]]] = {
    "stack": stack_state,
    "function": function_state,
    "image": image_present,
    "alias": alias_is_deployed,
    "table": table_ready,
    "secret": secret_kept,
    "pointer": pointer_verifies,
    "model": model_loads,
    "reviews": reviews_guarded,
    "heartbeat": heartbeat_fresh,
    "alarms": alarms_quiet,
    "versions": versions_match,
}
"""In this order, an earlier fault explains later ones."""
