"""How good scores and probabilities are; every figure honours the weights of the rows."""
