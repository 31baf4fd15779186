"""The Lambda image: the fraud scorer and its HTTP API."""

__version__ = "0.1.0"
