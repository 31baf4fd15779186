"""Files: opened, recognised, read in chunks, and replaced as a whole or not at all."""
