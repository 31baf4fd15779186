"""The table of the memory: replayed as a whole, filled from a file, and exported to one."""
