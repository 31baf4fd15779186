"""What an account did before: a state for each, folded payment by payment. Pure."""
