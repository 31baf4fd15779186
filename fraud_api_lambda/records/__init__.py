"""The memory: each decision recorded once, and the histories of accounts."""
