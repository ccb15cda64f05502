"""Evaluates files of a screening classifier, on patches and on mosaics of 12 megapixels.

Its threshold is the one that loses next to no crack of validation mosaics. What it then skips and
loses of mosaics of test pictures stands in the card, set by set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, cycle, islice
from typing import Any

import numpy as np

from inference.imaging.screening import Screening
from inference.training.data.datasets import Entry, Pair, pair_by_stem
from inference.training.data.mosaics import CRACKED_SHARE, HEIGHT_PX, WIDTH_PX, Mosaic, lay_mosaic
from inference.training.evaluate.candidates import Say, Weights
from inference.training.evaluate.candidates.classification import (
    ClassificationAnswers,
    ClassificationEvaluation,
)
from inference.training.evaluate.screening import (
    LOST_ON_VALIDATION,
    SAFETY,
    ScreeningScore,
    choose_screening_threshold,
    evaluate_screening,
    screen_mosaic,
)

SKIPPED_WANTED, LOST_ALLOWED = 0.70, 0.005
CONVENTION = (
    f"Mosaics of {WIDTH_PX} x {HEIGHT_PX} px are made of pictures at their own size; "
    f"{CRACKED_SHARE:.0%} of their squares have cracks. A clean tile holds no crack pixel. Lost "
    "length is the length of the masks' centrelines outside all searched tiles. The threshold is "
    f"{SAFETY:g} of the highest threshold that loses at most {LOST_ON_VALIDATION:.1%} of the "
    "length on mosaics of validation pictures."
)
VALIDATION, TEST = 0, 1


@dataclass(frozen=True, slots=True)
class ScreeningAnswers:
    """Answers to the patches, and to whole mosaics."""

    patches: ClassificationAnswers
    screenings: Sequence[Screening]
    mosaics: Sequence[Mosaic]

    def choose_threshold(self) -> float:
        """The highest that loses next to nothing, less a margin."""
        return choose_screening_threshold(self.screenings, self.mosaics)

    def threshold_like(self, unrounded: ScreeningAnswers) -> float:
        """Its own, as of any classifier."""
        return self.choose_threshold()

    def figure(self, threshold: float) -> float:
        """F1 of all validation patches together."""
        return self.patches.figure(threshold)


class ScreeningEvaluation(ClassificationEvaluation):
    """See :class:`inference.training.evaluate.candidates.Evaluation`."""

    def validate(self, weights: Weights) -> ScreeningAnswers:  # type: ignore[override]
        """Probabilities of the validation patches and of the mosaics' patches."""
        model = self._model(weights, 0.5)
        return ScreeningAnswers(
            super().validate(weights),
            [screen_mosaic(model, mosaic) for mosaic in self._validation_mosaics],
            self._validation_mosaics,
        )

    def evaluate(self, files: Mapping[str, Weights], threshold: float, say: Say) -> dict[str, Any]:
        """Every test part, and mosaics of the concrete ones."""
        evaluated = super().evaluate(files, threshold, say)
        shipped = self._model(next(iter(files.values())), threshold)
        cracked, clean = self._test_pairs()
        found: dict[str, dict[str, Any]] = {}
        pooled = ScreeningScore()
        for name, pairs in cracked.items() if clean else ():
            score = ScreeningScore()
            for mosaic in self._mosaics(pairs, clean, TEST):
                score += evaluate_screening(screen_mosaic(shipped, mosaic), mosaic, threshold)
            found[name] = _entry(score, self.recipe.shipping.mosaics)
            pooled += score
            say(f"mosaics of {name}: {_in_words(score)}")
        if not found:
            return evaluated
        found["all"] = _entry(pooled, len(cracked) * self.recipe.shipping.mosaics)
        return {
            **evaluated,
            "screening_convention": CONVENTION,
            "screening": found,
            "falls_short": [*evaluated["falls_short"], *_shortfalls(found)],
        }

    @cached_property
    def _validation_mosaics(self) -> list[Mosaic]:
        kinds = {each.name: each.kind for each in self.recipe.sets}
        sets = {
            kind: [
                [entry for entry in entries if isinstance(entry, Pair)]
                for name, entries in self.data.validation.items()
                if kinds[name] == kind
            ]
            for kind in ("concrete", "clean")
        }
        return self._mosaics(_alike(sets["concrete"]), _alike(sets["clean"]), VALIDATION)

    def _test_pairs(self) -> tuple[dict[str, list[Pair]], list[Pair]]:
        """Of the recipe's concrete sets, and of its crack-free ones, what is there to test."""
        cracked: dict[str, list[Pair]] = {}
        clean: list[Pair] = []
        for each in self.recipe.sets:
            folder = self.data_folder / "segmentation" / each.name / "test"
            if not (folder / "masks").is_dir():
                continue
            pairs = pair_by_stem(folder / "images", folder / "masks")
            if each.kind == "concrete":
                cracked[each.name] = pairs
            elif each.kind == "clean":
                clean += pairs
        return cracked, clean

    def _mosaics(self, cracked: Sequence[Pair], clean: Sequence[Pair], part: int) -> list[Mosaic]:
        return [
            lay_mosaic(cracked, clean, np.random.default_rng([self.recipe.seed, part, number]))
            for number in range(self.recipe.shipping.mosaics)
        ]


def _alike(sets: Sequence[Sequence[Entry]]) -> list[Any]:
    """All pictures, those of small sets repeated, so that every set is drawn as often."""
    longest = max((len(entries) for entries in sets), default=0)
    return list(chain.from_iterable(islice(cycle(e), longest) for e in sets if e))


def _entry(score: ScreeningScore, mosaics: int) -> dict[str, Any]:
    return {
        "n_mosaics": mosaics,
        "n_tiles": score.tiles,
        "n_clean_tiles": score.clean,
        "clean_tiles_skipped_share": round(score.clean_skipped_share, 4),
        "tiles_skipped_share": round(score.skipped_share, 4),
        "crack_length_px": score.length_px,
        "crack_length_lost_share": round(score.lost_share, 5),
    }


def _in_words(score: ScreeningScore) -> str:
    return (
        f"skips {score.clean_skipped_share:.1%} of {score.clean} clean tiles, loses "
        f"{score.lost_share:.2%} of {score.length_px} px of crack"
    )


def _shortfalls(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    sentences = []
    for name, entry in found.items():
        skipped, lost = entry["clean_tiles_skipped_share"], entry["crack_length_lost_share"]
        if skipped < SKIPPED_WANTED:
            sentences.append(
                f"On mosaics of {name} {skipped:.1%} of the clean tiles are skipped; "
                f"{SKIPPED_WANTED:.0%} is wanted."
            )
        if lost > LOST_ALLOWED:
            sentences.append(
                f"On mosaics of {name} {lost:.2%} of the crack length is lost; "
                f"{LOST_ALLOWED:.1%} was allowed."
            )
    return sentences
