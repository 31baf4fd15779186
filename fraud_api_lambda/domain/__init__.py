"""The schema of a payment's columns. Independent of the API, files and models."""
