"""Families of networks, one module for each; the registry finds them by name. Needs torch."""
