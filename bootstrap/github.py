"""The GitHub repository whose workflows may deploy, as AWS's trust must name it."""

import re
from typing import Final

from training.errors import InputError

PART: Final = r"[A-Za-z0-9_.-]+"
BY_ID: Final = re.compile(rf"{PART}@[0-9]+/{PART}@[0-9]+")
BY_NAME: Final = re.compile(rf"{PART}/{PART}")

ASK: Final = "gh api repos/OWNER/NAME --jq '\"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)\"'"
"""Prints the name with its ids."""

BY_NAME_ONLY: Final = (
    "warning: {name} is given without ids. A repository created, renamed or transferred since "
    f"15 July 2026 names itself with them, and could not deploy; find them by: {ASK}"
)


def require_repository(given: str) -> list[str]:
    """Check a repository's name; return what to warn of.

    A workflow's token names its repository exactly so: case counts, and a repository of today also
    gives the ids of owner and repository, which nobody else can have after a rename.

    Raises
    ------
    InputError
        If no token can name a repository like that.

    References
    ----------
    GitHub Docs, "OpenID Connect reference": the subject claim.
    """
    if BY_ID.fullmatch(given):
        return []
    if not BY_NAME.fullmatch(given) or given.endswith(".git"):
        raise InputError(
            f"--github {given}: write OWNER@ID/NAME@ID or OWNER/NAME, no address and no .git; case "
            f"counts. This prints it: {ASK}"
        )
    return [BY_NAME_ONLY.format(name=given)]
