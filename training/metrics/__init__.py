"""Metrics of scores and probabilities, all weighted by the rows' weights."""
