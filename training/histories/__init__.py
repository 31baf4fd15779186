"""Account histories of files: as columns in memory, or followed row by row with states on disk."""
