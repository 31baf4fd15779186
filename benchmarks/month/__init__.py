"""A simulated month with the loop: payments, outcomes, a weekly watch, and a retraining."""
