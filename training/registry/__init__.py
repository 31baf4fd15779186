"""The registry: published models, the pointer to the served one, and its replacement."""
