"""Transactions with known frauds, in the columns of PaySim."""
