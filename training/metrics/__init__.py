"""Metrics of scores and probabilities; every figure is weighted by the rows' weights."""
