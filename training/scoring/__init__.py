"""Apply a model to a file: scores of every row, or figures of a window."""
