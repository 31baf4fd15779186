"""What ships in the Lambda image: the fraud scorer and its HTTP API."""
