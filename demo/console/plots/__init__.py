"""Plots. Each takes plain data and returns a chart; pages place them."""
