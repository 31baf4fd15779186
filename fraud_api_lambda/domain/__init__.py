"""What a payment is: the schema of its columns. Knows nothing of wires, files or models."""
