"""The log of the API with a memory."""

from tests.logged import log_lines

__all__ = ["log_lines"]
