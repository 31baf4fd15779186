"""A table replayed: its records answered again, and the histories of its accounts folded again."""
