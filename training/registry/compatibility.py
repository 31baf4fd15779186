"""Whether callers of the served model can stay as they are when another model is served."""

from fraud_api_lambda.aws.errors import NotFoundError
from fraud_api_lambda.decisions.bundle import Bundle, read
from fraud_api_lambda.decisions.plain_pickle import BundleError
from fraud_api_lambda.deployment.pointer import IntegrityError, PinnedModel
from training.errors import CheckFailedError
from training.registry.request_changes import RequestChanges, request_changes
from training.registry.store import Registry


class OtherRequestsError(CheckFailedError):
    """Raise when callers of the served model must change before another model is served."""


def changes_from(served: PinnedModel | None, new: Bundle, store: Registry) -> RequestChanges:
    """The differences between the requests of the served model and of another one.

    A served model that is gone or damaged is not compared: promotion is its repair. One of another
    bundle format verifies, so an older image may serve it well, and counts as a breaking change.
    """
    if served is None or served.version == new.version:
        return RequestChanges()
    try:
        old = read(store.fetch(served))
    except (NotFoundError, IntegrityError) as error:
        return RequestChanges(widening=(f"requests were not compared: {error}",))
    except BundleError as error:
        unknown = f"this program cannot tell which requests {served.version} takes: {error}"
        return RequestChanges((f"{unknown}; callers must send the fields of the new model",))
    return request_changes(old.plan, new.plan)


def require_same_requests(old: str, new: str, changes: RequestChanges) -> None:
    """Raise `OtherRequestsError` if the new version breaks callers of the old one."""
    if changes.breaking:
        lines = "".join(f"\n  {line}" for line in changes.breaking)
        raise OtherRequestsError(
            f"{new} does not take every request of {old}, which is served:{lines}\n"
            "nothing was changed; once callers send what both take, add --schema-change"
        )
