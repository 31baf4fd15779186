"""The features of a payment, and their definitions. Independent of the API, files and models."""
