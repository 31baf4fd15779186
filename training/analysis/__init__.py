"""What a model learned, and what in the data flatters it."""
