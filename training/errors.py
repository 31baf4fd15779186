"""The ways in which a command fails; `training.program` turns them into exit codes."""


class CommandError(Exception):
    """Raise when this program, AWS or another program fails: exit code 1. Base of the others."""

    exit_code = 1


class InputError(CommandError):
    """Raise when the user's input or call cannot be used: exit code 2."""

    exit_code = 2


class CheckFailedError(CommandError):
    """Raise when a check fails although everything worked: exit code 3."""

    exit_code = 3
