"""The log exported: its matured records as a file that `train` takes."""
