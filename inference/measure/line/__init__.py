"""Where a crack runs: from a map of probability to a line on the darkness of the crack itself."""
