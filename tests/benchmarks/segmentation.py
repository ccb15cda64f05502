"""Every shipped segmentation model on every test set, beside the baseline and the literature.

The baseline is a plain U-Net of 35 minutes (recipe ``baseline``): its printed figures, exact
pixels at threshold 0.5, are below; given as a model it is measured again on the same pictures
and compared by a paired bootstrap. Published figures differ in resolution, threshold and
tolerance: the note says how.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from inference.runtime.registry import WEIGHTS_FOLDER, list_models, load_model
from inference.training.evaluate.distractors import RENDERED_KINDS
from inference.training.evaluate.set_groups import CONCRETE, group_of
from inference.training.evaluate.sets import (
    EvaluatedModel,
    comparison,
    evaluate_sets,
    find_test_sets,
    model_figures,
)
from inference.training.evaluate.tables import figure
from tests.benchmarks.table import Row

BASELINE_F1 = {
    "deepcrack_256": 0.843, "concrete_wall_photos": 0.760, "rissbilder_walls": 0.498,
    "masonry": 0.666, "facade_tile_photos": 0.379, "sut_crack": 0.736, "crack500_360": 0.705,
    "cfd": 0.578, "crackmap": 0.740, "uav_crackx": 0.626,
}  # fmt: skip
BASELINE_CLEAN_OVER = (2, 14)  # crack-free walls with more than 0.1 % of their pixels marked

PUBLISHED = {
    "deepcrack_256": "DeepCrack-BN/-GF at full 544x384: F 0.852-0.868, mIoU 0.864-0.878",
    "masonry": "U-Net-MobileNet, Dais 2021, full set and split: F1 0.796",
    "cfd": "CrackForest, Shi 2016, 72/46, quoted from memory: F1 0.857 at 5 px",
    "crack500_360": "FPHBN, Yang 2020, full crops, quoted from memory: ODS 0.604",
}

# What a model must gain on the higher of the printed and the measured baseline.
GAIN_WANTED = {
    "trace-deep": {"deepcrack_256": 0.03, "concrete_wall_photos": 0.03, "rissbilder_walls": 0.05}
}
MIOU_WANTED = {"trace-deep": {"deepcrack_256": 0.87}}
DISTANCE_ALLOWED = 0.02  # of trace-edge to trace-deep
CALIBRATION_ERROR_ALLOWED = 0.05
RENDERED_PER_KIND = 4


def measure(data: Path, *, baseline: Path | None = None) -> dict[str, list[Row]]:
    """Tables by title: one a model, and one that compares the models.

    Args:
        data: folder of the test sets.
        baseline: folder of the baseline's model (card and weights); None compares with the
            printed figures alone.
    """
    sets = find_test_sets(data)
    base = None if baseline is None else _evaluate(baseline.name, baseline.parent, sets, 0)
    found: dict[str, list[Row]] = {}
    evaluated: dict[str, EvaluatedModel] = {}
    for card in list_models(WEIGHTS_FOLDER):
        if card.task != "segmentation":
            continue
        evaluated[card.name] = _evaluate(card.name, WEIGHTS_FOLDER, sets, RENDERED_PER_KIND)
        found[f"Segmentation, test parts: {card.name}"] = _rows(evaluated[card.name], base)
    if {"trace-edge", "trace-deep"} <= set(evaluated):
        found["trace-edge less trace-deep"] = _distance(
            evaluated["trace-edge"], evaluated["trace-deep"]
        )
    return found


def _evaluate(name: str, folder: Path, sets: dict[str, Any], rendered: int) -> EvaluatedModel:
    from tqdm import tqdm

    model = load_model(name, folder=folder)
    total = sum(map(len, sets.values())) + rendered * len(RENDERED_KINDS)
    with tqdm(total=total, desc=name, unit="picture", disable=not sys.stderr.isatty()) as bar:
        return evaluate_sets(model, sets, rendered_per_kind=rendered, on_picture=bar.update)


def _rows(evaluated: EvaluatedModel, base: EvaluatedModel | None) -> list[Row]:
    report = model_figures(evaluated)
    base_report = None if base is None else model_figures(base)
    compared = None if base is None else comparison(evaluated, base)
    rows = []
    for name, each in report["sets"].items():
        what = f"{name} (n={each['n_images']})"
        if each["f1"] is None:
            rows.append(_clean_row(what, each, base_report["sets"][name] if base_report else None))
        else:
            rows.append(
                Row(
                    what,
                    _figures(each),
                    _beside_baseline(
                        name,
                        base_report["sets"][name]["f1"] if base_report else None,
                        compared[name]["f1"] if compared else None,
                    ),
                    _goal(report["model"], name, each, base_report) + PUBLISHED.get(name, ""),
                )
            )
    return [*rows, *_alarm_rows(report), *_confidence_rows(report)]


def _figures(each: dict[str, Any]) -> str:
    bounds = each["intervals"]
    return (
        f"F1 {figure(each['f1'], bounds['f1'])} P {figure(each['precision'])} "
        f"R {figure(each['recall'])} IoU {figure(each['iou'], bounds['iou'])} "
        f"mIoU {figure(each['miou'], bounds['miou'])} AUPRC {figure(each['auprc'])} "
        f"ODS {figure(each['ods_f1'])} OIS {figure(each['ois_f1'])} "
        f"F1@2 {figure(each['f1_at_2px'])} F1@5 {figure(each['f1_at_5px'])} "
        f"clIoU@4 {figure(each['cliou_at_4px'])}"
    )


def _beside_baseline(name: str, measured: float | None, difference: dict[str, Any] | None) -> str:
    words = []
    if name in BASELINE_F1:
        words.append(f"{BASELINE_F1[name]:.3f} printed")
    if measured is not None:
        words.append(f"{measured:.3f} measured")
    if difference is not None and difference["value"] is not None:
        words.append(
            f"{difference['value']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}], "
            f"{100 * difference['share_above_zero']:.1f} % of draws above"
        )
    return "; ".join(words)


def _goal(model: str, name: str, each: dict[str, Any], base_report: dict[str, Any] | None) -> str:
    """Whether the figures reach what is asked of the model on a concrete set."""
    if group_of(name) != CONCRETE:
        return ""
    measured = base_report["sets"][name]["f1"] if base_report else 0.0
    wanted = max(BASELINE_F1.get(name, 0.0), measured) + GAIN_WANTED.get(model, {}).get(name, 0.0)
    goals = [("F1", wanted, each["f1"])]
    if (miou := MIOU_WANTED.get(model, {}).get(name)) is not None:
        goals.append(("mIoU", miou, each["miou"]))
    return "".join(
        f"goal {what} {goal:.3f} {_reached(value - goal)}; " for what, goal, value in goals
    )


def _reached(margin: float) -> str:
    return "reached" if margin >= 0 else f"missed by {-margin:.3f}"


def _clean_row(what: str, each: dict[str, Any], base: dict[str, Any] | None) -> Row:
    low, high = each["intervals"]["false_positive_rate"]
    over, n = each["n_clean_images_over_0_1_percent"], each["n_clean_images"]
    peer = "{} of {} over 0.1 % printed".format(*BASELINE_CLEAN_OVER)
    if base is not None:
        peer += f"; {base['n_clean_images_over_0_1_percent']} of {n} measured"
    return Row(
        what,
        f"{each['false_positive_px_per_megapixel']:.0f} px marked a megapixel "
        f"[{low * 1e6:.0f}, {high * 1e6:.0f}]; {over} of {n} over 0.1 %",
        peer,
        "crack-free walls; goal none over 0.1 % " + (f"missed by {over}" if over else "reached"),
    )


def _alarm_rows(report: dict[str, Any]) -> list[Row]:
    rows = []
    for where, key in (
        ("crack-free photographs", "false_alarms_by_kind"),
        ("crack-free renderings", "rendered_false_alarms_by_kind"),
    ):
        rows += [
            Row(
                f"{where}: {kind} (n={each['n_images']})",
                f"{100 * each['marked_share']:.4f} % marked, worst picture "
                f"{100 * each['worst_marked_share']:.4f} %",
                "",
                f"{each['n_images_over_0_1_percent']} over 0.1 %",
            )
            for kind, each in report[key].items()
        ]
    return rows


def _confidence_rows(report: dict[str, Any]) -> list[Row]:
    kind = "calibrated" if report["confidence_is_calibrated"] else "not calibrated"
    rows = []
    for name in ("concrete", "all"):
        each = report["confidence"][name]
        if each["ece"] is None:
            continue
        rows.append(
            Row(
                f"confidence of traced cracks, {name} (n={each['n_lines']})",
                f"expected calibration error {each['ece']:.3f}, {kind}",
                f"{each['ece_uncalibrated']:.3f} as the network says it",
                f"goal {CALIBRATION_ERROR_ALLOWED:g} "
                f"{_reached(CALIBRATION_ERROR_ALLOWED - each['ece'])}; "
                f"{each['ece_if_perfect']:.3f} by chance alone",
            )
        )
    return rows


def _distance(edge: EvaluatedModel, deep: EvaluatedModel) -> list[Row]:
    rows = []
    for name, each in comparison(edge, deep).items():
        f1 = each["f1"]
        if f1["value"] is None:
            continue
        goal = (
            f"goal within {DISTANCE_ALLOWED:g} {_reached(DISTANCE_ALLOWED + f1['value'])}"
            if group_of(name) == CONCRETE
            else ""
        )
        rows.append(
            Row(
                f"{name} (n={f1['n_images']})",
                f"F1 {f1['value']:+.3f} [{f1['low']:+.3f}, {f1['high']:+.3f}]",
                "",
                goal,
            )
        )
    return rows
