"""Training: the recipe, the tasks and their losses, the loop, the report."""
