"""Transactions as a table: their columns, time windows, and rows of numbers."""
