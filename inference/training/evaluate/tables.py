"""Prints the evaluator's figures as tables, each with its n and its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inference.training.evaluate.set_groups import group_of

Row = tuple[str, ...]

NOTHING = "-"
INTERVALS_NOTE = (
    "[ ]: 95 % of 1,000 draws of the pictures. Counts are pooled over a set's pictures."
)


def tables(report: Mapping[str, Any]) -> list[str]:
    """Lines that show what :func:`inference.training.evaluate.sets.model_figures` says."""
    cracked = {name: each for name, each in report["sets"].items() if each["f1"] is not None}
    clean = {name: each for name, each in report["sets"].items() if each["n_clean_images"]}
    lines = [
        f"{report['model']} ({report['runtime']}), threshold {report['threshold']:g}, test parts",
        INTERVALS_NOTE,
    ]
    if cracked:
        lines += ["", *_accuracy(cracked)]
    if clean:
        lines += ["", "Pictures without cracks", *_false_alarms(clean)]
    for title, key in (
        ("Crack-free photographs by what they show", "false_alarms_by_kind"),
        ("Crack-free renderings by what they show", "rendered_false_alarms_by_kind"),
    ):
        if report[key]:
            lines += ["", title, *_by_kind(report[key])]
    if report["confidence"]:
        kind = "calibrated" if report["confidence_is_calibrated"] else "as the network says it"
        lines += [
            "",
            f"Confidence of traced cracks, {kind}; "
            "right: half of the length within 2 px of the truth",
            *confidence_table(report["confidence"]),
        ]
    return lines


def comparison_table(
    ours: str, theirs: str, compared: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> list[str]:
    """Lines that show what :func:`inference.training.evaluate.sets.comparison` says."""
    head = ("set", "n", "F1", "draws > 0", "IoU", "mIoU", "false-positive rate")
    rows = [
        (
            name,
            str(each["f1"]["n_images"]),
            _difference(each["f1"]),
            NOTHING
            if each["f1"]["share_above_zero"] is None
            else f"{100 * each['f1']['share_above_zero']:.1f} %",
            _difference(each["iou"]),
            _difference(each["miou"]),
            _difference(each["false_positive_rate"], percent=True),
        )
        for name, each in compared.items()
    ]
    return [
        f"{ours} less {theirs}, paired on the same pictures, each at its own threshold",
        *aligned(head, _in_groups(rows)),
    ]


def patch_table(report: Mapping[str, Any]) -> list[str]:
    """Lines about a classifier: its sets as ``patch_figures`` says them."""
    head = (
        *("set", "pictures", "patches", "crack", "accuracy", "F1", "precision", "recall"),
        *("AUPRC", "ECE"),
    )
    rows: list[Row] = []
    group = None
    for name, each in report["sets"].items():
        if each["group"] != group:
            group = each["group"]
            rows.append((f"{group}:",))
        rows.append(
            (
                name,
                str(each["n_images"]),
                str(each["n_patches"]),
                str(each["n_crack_patches"]),
                figure(each["accuracy"], each["intervals"].get("accuracy")),
                figure(each["f1"], each["intervals"].get("f1")),
                *(figure(each[key]) for key in ("precision", "recall", "auprc")),
                figure(each["expected_calibration_error"]),
            )
        )
    return [
        f"{report['model']} ({report['runtime']}), threshold {report['threshold']:g}, test parts",
        INTERVALS_NOTE,
        "",
        *aligned(head, rows),
    ]


def patch_comparison_table(
    ours: str, theirs: str, compared: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> list[str]:
    """Lines that show what ``compare_patches`` says of every set."""
    rows = [
        (
            name,
            str(each["accuracy"]["n_images"]),
            _difference(each["accuracy"]),
            _difference(each["f1"]),
        )
        for name, each in compared.items()
    ]
    return [
        f"{ours} less {theirs}, paired on the same pictures, each at its own threshold",
        *aligned(("set", "pictures", "accuracy", "F1"), rows),
    ]


def figure(value: float | None, bounds: Sequence[float | None] | None = None) -> str:
    """``0.843 [0.830, 0.855]``, or a dash."""
    if value is None:
        return NOTHING
    low, high = bounds or (None, None)
    if low is None or high is None:
        return f"{value:.3f}"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def aligned(head: Row, rows: Sequence[Row]) -> list[str]:
    """Columns of one width each; a row of one cell is a heading."""
    full = [row for row in (head, *rows) if len(row) > 1]
    widths = [max(map(len, column)) for column in zip(*full, strict=True)]

    def line(row: Row) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))

    return [line(row).rstrip() for row in (head, tuple("-" * width for width in widths), *rows)]


def _accuracy(sets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = (
        *("set", "n", "F1", "precision", "recall", "IoU", "mIoU", "AUPRC", "ODS", "OIS"),
        *("F1 2 px", "F1 5 px", "clIoU 4 px", "F1 at mask offset", "ECE px"),
    )
    rows = [
        (
            name,
            str(each["n_images"]),
            figure(each["f1"], each["intervals"]["f1"]),
            figure(each["precision"]),
            figure(each["recall"]),
            figure(each["iou"], each["intervals"]["iou"]),
            figure(each["miou"], each["intervals"]["miou"]),
            *(figure(each[key]) for key in ("auprc", "ods_f1", "ois_f1")),
            *(figure(each[key]) for key in ("f1_at_2px", "f1_at_5px", "cliou_at_4px")),
            _at_offset(each),
            figure(each["pixel_calibration_error"]),
        )
        for name, each in sets.items()
    ]
    return aligned(head, _in_groups(rows))


def _at_offset(each: Mapping[str, Any]) -> str:
    """``0.557 (+2, +2)``: F1 if the masks lay so far (right, down); a dash where they fit."""
    offset_px = each["mask_offset_px"]
    if offset_px is None or tuple(offset_px) == (0, 0):
        return NOTHING
    right, down = offset_px
    return f"{figure(each['f1_at_mask_offset'])} ({right:+d}, {down:+d})"


def _in_groups(rows: Sequence[Row]) -> list[Row]:
    """A heading before the first row of every group of sets."""
    found: list[Row] = []
    group = None
    for row in rows:
        if group_of(row[0]) != group:
            group = group_of(row[0])
            found.append((f"{group}:",))
        found.append(row)
    return found


def _false_alarms(sets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = ("set", "n", "marked px a megapixel", "false-positive rate", "over 0.1 %")
    rows = []
    for name, each in sets.items():
        rate = each["false_positive_px_per_megapixel"] / 1e6
        # The rate's interval is of all pictures of the set: it is told where all are clean.
        bounds = (
            each["intervals"]["false_positive_rate"]
            if each["n_clean_images"] == each["n_images"]
            else None
        )
        rows.append(
            (
                name,
                str(each["n_clean_images"]),
                f"{rate * 1e6:.0f}",
                _percent(rate, bounds),
                f"{each['n_clean_images_over_0_1_percent']} of {each['n_clean_images']}",
            )
        )
    return aligned(head, rows)


def _by_kind(kinds: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = ("kind", "n", "marked", "worst picture", "over 0.1 %")
    rows = [
        (
            kind,
            str(each["n_images"]),
            _percent(each["marked_share"]),
            _percent(each["worst_marked_share"]),
            f"{each['n_images_over_0_1_percent']} of {each['n_images']}",
        )
        for kind, each in kinds.items()
    ]
    return aligned(head, rows)


def confidence_table(sets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Lines that show what :func:`inference.training.evaluate.confidence.by_group` says."""
    head = ("set", "cracks", "right", "told", "ECE", "ECE of the network", "ECE by chance")
    rows = [
        (
            name,
            str(each["n_lines"]),
            figure(each["share_right"]),
            figure(each["mean_confidence"]),
            figure(each["ece"]),
            figure(each["ece_uncalibrated"]),
            figure(each["ece_if_perfect"]),
        )
        for name, each in sets.items()
    ]
    return aligned(head, rows)


def _difference(each: Mapping[str, Any], *, percent: bool = False) -> str:
    if each["value"] is None:
        return NOTHING
    values = [each[key] * (100 if percent else 1) for key in ("value", "low", "high")]
    unit = " %" if percent else ""
    return f"{values[0]:+.3f} [{values[1]:+.3f}, {values[2]:+.3f}]{unit}"


def _percent(value: float, bounds: Sequence[float | None] | None = None) -> str:
    low, high = bounds or (None, None)
    if low is None or high is None:
        return f"{100 * value:.4f} %"
    return f"{100 * value:.4f} [{100 * low:.4f}, {100 * high:.4f}] %"
