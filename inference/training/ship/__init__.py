"""Ships a trained network: exports and quantises it, and writes its card."""
