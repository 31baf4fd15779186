"""The results of a training run: metrics.json, the report, the model card and the summary."""
