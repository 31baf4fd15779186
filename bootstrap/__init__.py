"""Commands that deploy and check the application, its heartbeat, and the stack that outlives it."""
