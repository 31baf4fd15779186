"""Drift: payments in service compared with those of training, and frauds with those expected."""
