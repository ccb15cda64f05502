"""Early stopping: finds the best validation, and decides whether to wait for a better one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inference.training.fit.recipe import Recipe

# A score must rise by more than this to count as better, or noise would keep a training alive.
LEAST_GAIN = 1e-4


@dataclass(slots=True)
class Patience:
    """The patience of a training for a better score.

    Attributes:
        allowed: validations without a better score; 0 never stops.
        best_score: of the best validation, -1 before the first.
        best_step: the step that it came after.
        waited: validations since.
    """

    allowed: int
    best_score: float = -1.0
    best_step: int = 0
    waited: int = 0

    def better(self, score: float, step: int) -> bool:
        """Note a validation; is it the best so far?"""
        if score > self.best_score + LEAST_GAIN:
            self.best_score, self.best_step, self.waited = score, step, 0
            return True
        self.waited += 1
        return False

    @property
    def over(self) -> bool:
        """Has it waited long enough?"""
        return bool(self.allowed) and self.waited >= self.allowed

    def state(self) -> dict[str, Any]:
        """For the checkpoint."""
        return {
            "best_score": self.best_score,
            "best_step": self.best_step,
            "waited": self.waited,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """What :meth:`state` gave."""
        self.best_score, self.best_step = state["best_score"], state["best_step"]
        self.waited = state["waited"]


def total_score(figures: Mapping[str, Mapping[str, float]], recipe: Recipe) -> float:
    """The sets' scores, averaged by the recipe's weights; 0 without figures."""
    weights = {each.name: each.weight for each in recipe.sets if each.name in figures}
    if not weights:
        return 0.0
    total = sum(weight * figures[name]["score"] for name, weight in weights.items())
    return total / sum(weights.values())
