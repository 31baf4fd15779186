"""The table of the memory: all its records replayed, and the states of a file loaded into it."""
