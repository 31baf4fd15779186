"""File access: recognise, open and read files in chunks, and replace them atomically."""
