"""Measures how wide a crack is, from the brightness across it in the untouched picture."""
