"""The review queue: its client, its rules, and the parts of its page."""
