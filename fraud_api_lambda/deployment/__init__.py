"""The model in service: the pointer, its source, and the refresh."""
