"""Traces cracks: from a probability map to lines that run along the cracks' darkest points."""
