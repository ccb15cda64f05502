"""Evaluates one model, or two on the same pictures, on every test set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference.runtime import SegmentationModel
from inference.training.data.datasets import Pair, pair_by_stem, read_pair
from inference.training.evaluate.bootstrap import differences
from inference.training.evaluate.confidence import TracedLine, by_group, trace_lines
from inference.training.evaluate.distractors import RENDERED_KINDS, by_kind, kind_of, rendered_walls
from inference.training.evaluate.metrics import PictureScore, evaluate_picture
from inference.training.evaluate.pictures import predict_picture, set_figures
from inference.training.evaluate.set_groups import group_of, in_order

OnPicture = Callable[[], object]


@dataclass(frozen=True, slots=True)
class EvaluatedSet:
    """The answers of a model to a test set, picture by picture.

    Attributes:
        scores: one a picture, in the order of ``pairs``.
        lines: of all pictures together.
    """

    pairs: tuple[Pair, ...]
    scores: tuple[PictureScore, ...]
    lines: tuple[TracedLine, ...]


@dataclass(frozen=True, slots=True)
class EvaluatedModel:
    """A model with its sets; ``rendered`` are scores of crack-free walls by their kind."""

    model: SegmentationModel
    threshold: float
    sets: Mapping[str, EvaluatedSet]
    rendered: Mapping[str, tuple[PictureScore, ...]]


def find_test_sets(data: Path, names: Sequence[str] | None = None) -> dict[str, tuple[Pair, ...]]:
    """The test parts with masks under a folder, concrete first.

    Args:
        data: holds ``segmentation/SET/test/{images,masks}``, or ``SET/test/{images,masks}``, or is
            one data set in any layout that training reads: then its test part counts, or all of
            it where the layout has no parts.
        names: sets, or groups of sets (``concrete``, ``roads`` ...); None takes all.

    Raises:
        ValueError: if there is nothing, or a name is unknown.
    """
    root = data / "segmentation" if (data / "segmentation").is_dir() else data
    folders = {path.parent.name: path for path in root.glob("*/test") if (path / "masks").is_dir()}
    sets: dict[str, tuple[Pair, ...]]
    if folders:
        chosen = chosen_sets(in_order(folders), names, data)
        sets = {
            name: tuple(pair_by_stem(folders[name] / "images", folders[name] / "masks"))
            for name in chosen
        }
    else:
        chosen = chosen_sets([data.resolve().name], names, data)
        sets = {chosen[0]: pairs_of(data)}
    return sets


def pairs_of(folder: Path) -> tuple[Pair, ...]:
    """The pictures with masks of one data set in any layout: its test part, or all of it.

    Raises:
        ValueError: if the layout is unknown, has no masks, or has only a training part.
    """
    from inference.training.data.layouts import read_layout

    dataset = read_layout(folder)
    if dataset.task != "segmentation":
        raise ValueError(
            f"{folder} holds pictures with class names, not masks. Measure a classifier on it."
        )
    for part in ("test", "validation", "all"):
        if part in dataset.parts:
            return tuple(entry for entry in dataset.parts[part] if isinstance(entry, Pair))
    raise ValueError(
        f"{folder} has only a training part. Give pictures that the model has not learned from."
    )


def evaluate_sets(
    model: SegmentationModel,
    sets: Mapping[str, Sequence[Pair]],
    *,
    threshold: float | None = None,
    retinex: bool = True,
    quick: bool = False,
    rendered_per_kind: int = 0,
    on_picture: OnPicture | None = None,
) -> EvaluatedModel:
    """Predict every picture once; score it and hold its traced cracks against the truth.

    Args:
        threshold: None takes the model's own.
        quick: leave out tolerances, centrelines and the confidence of traced cracks.
        rendered_per_kind: number of crack-free walls of each kind to render as well.

    Raises:
        ValueError: naming the file that is wrong.
    """
    level = model.info.threshold if threshold is None else threshold
    tell = on_picture or (lambda: None)
    evaluated: dict[str, EvaluatedSet] = {}
    for name, pairs in sets.items():
        scores: list[PictureScore] = []
        lines: list[TracedLine] = []
        for pair in pairs:
            pixels, mask = read_pair(pair)
            probability = predict_picture(model, pixels, retinex=retinex)
            scores.append(evaluate_picture(probability, mask, level, with_lines=not quick))
            if not quick:
                lines.extend(trace_lines(pixels, probability, mask, level))
            tell()
        evaluated[name] = EvaluatedSet(tuple(pairs), tuple(scores), tuple(lines))
    rendered: dict[str, tuple[PictureScore, ...]] = {}
    for kind in RENDERED_KINDS if rendered_per_kind else ():
        found = []
        for pixels in rendered_walls(kind, rendered_per_kind):
            probability = predict_picture(model, pixels, retinex=retinex)
            nothing = np.zeros(probability.shape, np.uint8)
            found.append(evaluate_picture(probability, nothing, level, with_lines=False))
            tell()
        rendered[kind] = tuple(found)
    return EvaluatedModel(model, level, evaluated, rendered)


def model_figures(evaluated: EvaluatedModel, *, with_confidence: bool = True) -> dict[str, Any]:
    """Everything about one model.

    Returns:
        ``model``, ``runtime``, ``threshold``; ``sets``: per set its ``group`` and what
        :func:`inference.training.evaluate.pictures.set_figures` says; ``false_alarms_by_kind`` of
        photographs and ``rendered_false_alarms_by_kind``; ``confidence``: what
        :func:`inference.training.evaluate.confidence.by_group` says, or None.
    """
    info = evaluated.model.info
    clean = [
        (score, kind_of(name, pair.stem))
        for name, each in evaluated.sets.items()
        for pair, score in zip(each.pairs, each.scores, strict=True)
        if not score.has_cracks
    ]
    rendered = [(score, kind) for kind, found in evaluated.rendered.items() for score in found]
    lines = {name: each.lines for name, each in evaluated.sets.items()}
    return {
        "model": info.name,
        "sha256": info.sha256,
        "runtime": info.runtime,
        "threshold": evaluated.threshold,
        "sets": {
            name: {
                "group": group_of(name),
                **set_figures(evaluated.model, each.scores, evaluated.threshold),
            }
            for name, each in evaluated.sets.items()
        },
        "false_alarms_by_kind": by_kind([s for s, _ in clean], [kind for _, kind in clean]),
        "rendered_false_alarms_by_kind": by_kind(
            [s for s, _ in rendered], [kind for _, kind in rendered]
        ),
        "confidence_is_calibrated": info.confidence is not None,
        "confidence": by_group(lines, info.confidence) if with_confidence else None,
    }


def comparison(ours: EvaluatedModel, theirs: EvaluatedModel) -> dict[str, dict[str, Any]]:
    """Per set and figure: ours less theirs, each at its own threshold, by paired bootstrap.

    Returns:
        ``{set: {figure: {"value", "low", "high", "share_above_zero", "n_images"}}}``.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, each in ours.sets.items():
        of_set = differences(
            each.scores, theirs.sets[name].scores, ours.threshold, theirs.threshold
        )
        found[name] = {
            figure: {
                key: round(value, 7) if isinstance(value, float) else value
                for key, value in asdict(difference).items()
            }
            for figure, difference in of_set.items()
        }
    return found


def chosen_sets(known: Sequence[str], names: Sequence[str] | None, data: Path) -> list[str]:
    """The sets that are asked for by name or by group; all for None.

    Raises:
        ValueError: naming what is known.
    """
    if not names:
        return list(known)
    unknown = [name for name in names if name not in known and name not in map(group_of, known)]
    if unknown:
        raise ValueError(
            f"There is no test set {unknown[0]!r} in {data}. Known: {', '.join(known)}; or a "
            f"group: {', '.join(dict.fromkeys(map(group_of, known)))}."
        )
    return [name for name in known if name in names or group_of(name) in names]
