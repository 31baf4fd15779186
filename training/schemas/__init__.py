"""Schemas of well-known data sets, which `--schema` takes by name."""
