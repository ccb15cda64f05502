"""One module per architecture family; the registry finds them by name. Needs torch."""
