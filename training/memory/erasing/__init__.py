"""Erasing an account: its state, and its ids in records and in the states of others."""
