"""Files read and written: opened, recognised, cut into chunks, and replaced as a whole or not at all."""
