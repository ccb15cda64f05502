"""From a trained network to files that the product loads: exported, quantised, with a card."""
