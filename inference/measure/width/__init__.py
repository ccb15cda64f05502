"""How wide a crack is: from the brightness across its line in the untouched picture."""
