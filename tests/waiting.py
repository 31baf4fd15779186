"""Wait for what another thread or process does; a busy machine only makes it later."""

import time
from collections.abc import Callable

PATIENCE_S = 60
"""Far beyond what anything here takes."""


def wait_for[T](condition: Callable[[], T]) -> T:
    """The first true value of a condition.

    Raises
    ------
    TimeoutError
        If there is none within `PATIENCE_S`.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        if time.monotonic() >= deadline:
            raise TimeoutError
        time.sleep(0.005)
    return value
