"""How a network learns: the recipe, the tasks and their losses, the loop, its report."""
