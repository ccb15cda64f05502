"""Changes that a crack survives, by idea; ``inference.training.augment`` puts them in order."""
