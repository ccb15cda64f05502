"""Evaluates models on pictures that they have not learned from, with intervals."""
