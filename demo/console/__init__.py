"""What the demo's pages share: a client of the API, and how its answers are shown."""
