"""Transactions with known frauds, in the columns of a built-in schema: PaySim's, or cards."""
