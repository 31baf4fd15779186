"""The ways a command fails; `__main__.py` of each program turns them into its exit code."""


class CommandError(Exception):
    """Raise when we, AWS or another program failed: exit code 1. Base of the other two."""

    exit_code = 1


class InputError(CommandError):
    """Raise when the user's input or call cannot be used: exit code 2."""

    exit_code = 2


class CheckFailedError(CommandError):
    """Raise when a check says no, though everything worked: exit code 3."""

    exit_code = 3
