"""Transactions as a table: columns, checks, time windows, and matrices for models."""
