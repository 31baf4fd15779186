"""The history of an account: a state, updated payment by payment. Pure."""
