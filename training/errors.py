"""The three ways a command can end badly; `__main__.py` turns each into its exit code."""


class TrainingError(Exception):
    """Raise when we or AWS failed: exit code 1."""

    exit_code = 1


class InputError(TrainingError):
    """Raise when the user's input or call cannot be used: exit code 2."""

    exit_code = 2


class CheckFailedError(TrainingError):
    """Raise when a check says no, though everything worked: exit code 3."""

    exit_code = 3
