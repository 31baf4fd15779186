"""Costs of decisions, the policy that minimises them, and its backtest."""
