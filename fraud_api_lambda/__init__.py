"""The package that the Lambda image runs: the fraud scorer and its HTTP API."""

__version__ = "0.1.0"
