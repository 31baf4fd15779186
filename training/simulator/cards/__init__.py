"""Card payments with known frauds, in the columns of the built-in schema `cards`."""
