"""What decisions cost, and what a policy would have done."""
