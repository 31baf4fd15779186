"""How good scores and probabilities are, as figures; every figure honours the weights of the rows."""
