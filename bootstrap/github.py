"""The GitHub repository whose workflows may deploy, by the name in its OIDC tokens."""

import re
from typing import Final

from training.errors import InputError

PART: Final = r"[A-Za-z0-9_.-]+"
BY_ID: Final = re.compile(rf"{PART}@[0-9]+/{PART}@[0-9]+")
BY_NAME: Final = re.compile(rf"{PART}/{PART}")

ASK: Final = "gh api repos/OWNER/NAME --jq '\"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)\"'"
"""A command that prints a repository's name with its ids."""

BY_NAME_ONLY: Final = (
    "warning: {name} has no ids. The tokens of a repository that was created, renamed or "
    f"transferred since 15 July 2026 have them, so it could not deploy. This prints them: {ASK}"
)


def require_repository(given: str) -> list[str]:
    """Check a repository's name, and return warnings about it.

    AWS compares the name with that in a workflow's token. Case counts. In a new repository's token
    the name includes the ids of owner and repository, so nobody who takes over a name can deploy.

    Raises
    ------
    InputError
        If it cannot be the name in a token.

    References
    ----------
    GitHub Docs, "OpenID Connect reference": the subject claim.
    """
    if BY_ID.fullmatch(given):
        return []
    if not BY_NAME.fullmatch(given) or given.endswith(".git"):
        raise InputError(
            f"--github {given}: write OWNER@ID/NAME@ID or OWNER/NAME, not an address or .git; case "
            f"counts. This prints it: {ASK}"
        )
    return [BY_NAME_ONLY.format(name=given)]
