"""The kinds under which an account may be stored."""

from collections.abc import Iterable, Sequence

from fraud_api_lambda.domain.accounts import PAYEE, PAYER, RECEIVED
from training.errors import InputError
from training.memory.models import ModelGoneError, Models


def kinds_to_search(given: Iterable[str], models: Models | None) -> Sequence[str]:
    """The given kinds; without any, payer, payee and the entities of the served models.

    Raises
    ------
    InputError
        If one of them is no kind.
    CommandError
        If AWS refuses.
    """
    named = list(dict.fromkeys(given))
    if RECEIVED in named:
        raise InputError(
            f"--kind {RECEIVED}: these are the payments to the payer's account: --kind {PAYEE}"
        )
    return named or [*dict.fromkeys((PAYER, PAYEE, *_entities(models)))]


def _entities(models: Models | None) -> Iterable[str]:
    """Yield the entities of the models that the pointer names."""
    if models is None:
        return
    for version in models.pinned:
        try:
            yield from models.get(version).scorer.bundle.plan.schema.entities
        except ModelGoneError as error:
            raise InputError(
                f"the model {version}: {error}, so its entities are not known; name kinds with "
                "--kind"
            ) from error
