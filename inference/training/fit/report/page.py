"""The report's page: facts, curves, figures by set, examples, the split and the recipe."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from inference.training.data.gather import TrainingData
from inference.training.fit.recipe import Recipe
from inference.training.fit.report.curves import curve, spark
from inference.training.fit.report.recipe_text import recipe_text
from inference.training.fit.stopping import total_score
from inference.training.fit.tasks import Example
from inference.types import RgbImage

LARGEST_EXAMPLE_PX = 360
SHORT_WORDS = 20  # letters that a table keeps on one line


@dataclass(frozen=True, slots=True)
class Report:
    """The content of a report.

    Attributes:
        log: entries of :func:`inference.training.fit.training_log.read_log`.
        facts: words beside words, at the top (steps, minutes, hardware).
        kept_step: the step whose weights are kept, where that was not the last.
        tables: further tables by title, rows by name, columns by name.
        notes: sentences to read before trusting the figures.
    """

    recipe: Recipe
    data: TrainingData
    log: Sequence[Mapping[str, Any]]
    facts: Mapping[str, str]
    examples: Sequence[Example]
    kept_step: int | None = None
    tables: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    notes: Sequence[str] = ()


def write_report(path: Path, report: Report) -> None:
    """Write the page, all or nothing.

    Raises:
        ValueError: if it cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(_page(report), encoding="utf-8")
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ValueError(
            f"{path} could not be written ({error.strerror}). Make room on that disk."
        ) from error


def _page(report: Report) -> str:
    recipe = report.recipe
    style = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    validations = [entry for entry in report.log if "validation" in entry]
    parts = [
        f"<h1>{escape(recipe.name)}</h1>",
        f"<p>{escape(recipe.description)}</p>",
        f'<p class="quiet">{escape(recipe.terms)}</p>',
        *(f'<p class="warn">{escape(each)}</p>' for each in _warnings(report, validations)),
        _facts(report.facts),
        _curves(report, validations),
        _sets(report, validations),
        *(_titled(title, _table(rows)) for title, rows in report.tables.items() if rows),
        _examples(report.examples),
        _titled("What it was trained on", _table(_split(report))),
        "<h2>Recipe</h2><details><summary>Every setting of this training</summary>"
        f"<pre>{escape(recipe_text(recipe))}</pre></details>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Training of {escape(recipe.name)}</title><style>{style}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _warnings(report: Report, validations: Sequence[Mapping[str, Any]]) -> list[str]:
    collapsed = validations[-1].get("collapsed") if validations else None
    return [*([collapsed] if collapsed else []), *report.notes]


def _facts(facts: Mapping[str, str]) -> str:
    entries = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{_breakable(value)}</dd></div>"
        for name, value in facts.items()
    )
    return f'<dl class="facts">{entries}</dl>'


def _curves(report: Report, validations: Sequence[Mapping[str, Any]]) -> str:
    losses = [(entry["step"], entry["loss"]) for entry in report.log if "loss" in entry]
    scores = [
        (entry["step"], total_score(entry["validation"], report.recipe)) for entry in validations
    ]
    kept = (
        f" The dashed line marks step {report.kept_step}, whose weights are kept."
        if report.kept_step is not None
        else ""
    )
    return (
        '<h2>Course of the training</h2><div class="charts">'
        f'<figure class="chart"><figcaption>Loss</figcaption>'
        f"{curve(losses, title='Loss by step')}</figure>"
        '<figure class="chart"><figcaption>Validation score, all sets by weight</figcaption>'
        f"{curve(scores, title='Score by step', marked_x=report.kept_step, to_one=True)}"
        f'</figure></div><p class="quiet">1 is the best score.{kept}</p>'
    )


def _sets(report: Report, validations: Sequence[Mapping[str, Any]]) -> str:
    if not validations:
        return ""
    last = validations[-1]["validation"]
    cards = []
    for name, figures in last.items():
        points = [
            (entry["step"], entry["validation"][name]["score"])
            for entry in validations
            if name in entry["validation"]
        ]
        cards.append(
            f'<div class="set"><b>{_breakable(name)}</b>{spark(points, title=f"Score of {name}")}'
            f"<small>score {figures['score']:.3f}</small></div>"
        )
    return (
        f'<h2>Validation by set</h2><div class="sets">{"".join(cards)}</div>'
        '<p class="quiet">Quick figures of the last validation, on pictures held back from '
        f"training:</p>{_table(last)}"
    )


def _split(report: Report) -> dict[str, dict[str, Any]]:
    total = sum(each.weight for each in report.recipe.sets)
    left_out = [str(each.kept_out) for each in report.data.left_out]
    rows: dict[str, dict[str, Any]] = {}
    for each in report.recipe.sets:
        images = [entry.image for entry in report.data.training.get(each.name, ())]
        folder = str(images[0].parent) if images else None
        rows[each.name] = {
            "kind": each.kind,
            "training": len(images),
            "validation": len(report.data.validation.get(each.name, ())),
            "left_out": sum(folder is not None and path.startswith(folder) for path in left_out),
            "share_of_samples": each.weight / total,
            "terms": each.terms,
        }
    return rows


def _titled(title: str, content: str) -> str:
    return f"<h2>{escape(title)}</h2>{content}" if content else ""


def _table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    if not columns:
        return ""
    in_words = {c for c in columns if any(isinstance(row.get(c), str) for row in rows.values())}
    head = "".join(
        f'<th scope="col" class="{"words" if column in in_words else "number"}">'
        f"{escape(_words(column))}</th>"
        for column in columns
    )
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(_cell(column, row.get(column)) for column in columns)
        + "</tr>"
        for name, row in rows.items()
    )
    return (
        f'<div class="scroll"><table><thead><tr><th scope="col">set</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(column: str, value: Any) -> str:
    if value is None:
        return "<td>–</td>"
    if isinstance(value, str):
        kind = "words" if len(value) < SHORT_WORDS else "words long"
        return f'<td class="{kind}">{escape(value)}</td>'
    if isinstance(value, bool) or not isinstance(value, float):
        return f"<td>{escape(str(value))}</td>"
    return f"<td>{value:.2%}</td>" if "share" in column else f"<td>{value:.3f}</td>"


def _breakable(name: str) -> str:
    """Names of sets and files may break after an underscore."""
    return escape(name).replace("_", "_<wbr>")


def _words(column: str) -> str:
    return {"f1": "F1", "iou": "IoU", "n": "n"}.get(column, column.replace("_", " "))


def _examples(examples: Sequence[Example]) -> str:
    if not examples:
        return ""
    legend = next((each.legend for each in examples if each.legend), "")
    shown = "".join(
        f'<figure class="example"><figcaption><b>{_breakable(each.title)}</b>'
        f'<span class="quiet">{escape(each.note)}</span></figcaption><div class="three">'
        f"{_part('picture', each.pixels)}{_part('truth', each.truth)}"
        f"{_part('prediction', each.predicted)}</div></figure>"
        for each in examples
    )
    return (
        f'<h2>Examples</h2><p class="quiet">Pictures held back from training. {escape(legend)}</p>'
        f'<div class="examples">{shown}</div>'
    )


def _part(name: str, content: RgbImage | str) -> str:
    if isinstance(content, str):
        return f'<div><div class="said">{escape(content)}</div><small>{name}</small></div>'
    return f'<div><img alt="{name}" src="{_data_uri(content)}"><small>{name}</small></div>'


def _data_uri(pixels: RgbImage) -> str:
    shrink = LARGEST_EXAMPLE_PX / max(pixels.shape[:2])
    if shrink < 1:
        pixels = np.asarray(
            cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8
        )
    done, data = cv2.imencode(
        ".jpg", np.ascontiguousarray(pixels[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 82]
    )
    if not done:
        raise ValueError("An example picture could not be compressed.")
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
