"""Changes that a crack survives, one module for each group of changes."""
