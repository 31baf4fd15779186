"""What deploys the application and watches over it, and the stack that outlives it."""
