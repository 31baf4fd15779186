"""What a training run found out: as data, as a page, on the console."""
