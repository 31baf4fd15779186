"""Models applied to files: scores of every row, and the figures of a window."""
