"""The same training and scoring on a Ray cluster."""
