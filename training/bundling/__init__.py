"""Bundles: the files that serve a fitted model, with its examples, figures and provenance."""
