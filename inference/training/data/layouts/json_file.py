"""Reads annotation files in JSON, and the numbers in them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from inference.training.data.outlines import Point


def read_json(path: Path) -> Any:
    """The content.

    Raises:
        ValueError: if the file is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read as JSON ({error}). Export it again.") from error


def points_of(pairs: Iterable[Any], path: Path, what: str) -> tuple[Point, ...]:
    """At least three (x, y) of a polygon.

    Raises:
        ValueError: if they are fewer or no finite numbers.
    """
    try:
        points = tuple((float(x), float(y)) for x, y in pairs)
    except (TypeError, ValueError):
        points = ()
    if len(points) < 3 or not all(math.isfinite(x) and math.isfinite(y) for x, y in points):
        raise ValueError(
            f"{path}: {what} is no polygon of three or more points. "
            "Correct it in the annotation tool and export again."
        )
    return points
