"""Published models: their objects, the pointer to the one that serves, and who may replace it."""
