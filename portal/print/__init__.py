"""Printed pages. Typst sets them in a process of its own, without the instrument."""
