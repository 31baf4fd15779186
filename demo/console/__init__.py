"""Shared code of the demo's pages: the API client and the display of its answers."""
