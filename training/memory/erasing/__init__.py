"""An account erased: its state, and its ids in the records and states of others."""
