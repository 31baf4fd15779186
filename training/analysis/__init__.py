"""Analysis of a model: SHAP values, leaks, shortcuts, and the effect of a random split."""
