"""A file in the columns of a schema: checked, typed, and as facts."""
