"""How good a model is: pictures that it has not learned from, figures with their intervals."""
