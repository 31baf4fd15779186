"""From a fitted model to the bundle that is served, and what stands beside it."""
