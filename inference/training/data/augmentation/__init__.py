"""Changes that a crack survives, by idea; ``training.data.augment`` puts them in order."""
