"""The commands of `fraud`: they read options and print results."""
