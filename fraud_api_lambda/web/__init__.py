"""The HTTP API: requests, routes, answers and problems."""
