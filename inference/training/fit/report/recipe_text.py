"""Writes a recipe as TOML text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from inference.training.fit.recipe import Recipe


def recipe_text(recipe: Recipe) -> str:
    """Every setting; ``read_recipe`` gives the same recipe back."""
    table = asdict(recipe)
    sets = table.pop("sets")
    parts = {name: table.pop(name) for name in list(table) if isinstance(table[name], Mapping)}
    lines = _entries(table)
    for name, part in parts.items():
        lines += ["", f"[{name}]", *_entries(part)]
    for each in sets:
        lines += ["", f"[sets.{each.pop('name')}]", *_entries(each)]
    return "\n".join(lines) + "\n"


def _entries(table: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {_value(value)}" for name, value in table.items() if value is not None]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "inf" if math.isinf(value) else repr(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + "}"
    # JSON's strings are TOML's basic strings.
    return json.dumps(value, ensure_ascii=False)
