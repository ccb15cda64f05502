"""Plans: JSON files that say which pictures to render. The demo or a person writes them.

A plan is one object::

    {
      "scenes": {                                  optional: faces that several photos share
        "pier-2-east": {
          "width_px": 1600, "height_px": 1200,     size of every picture of this face
          "gsd_mm_per_px": 0.5,                    its scale, square on
          "surface": {"preset": "bridge_pier", "seed": 11, "stains": 0.5},
          "objects": [{"kind": "cable", "seed": 3}],
          "cards": [{"at_mm": [40, 500]}],         our marker cards on the face
          "margin_px": 120                         face beyond the picture, for shifted views
        }
      },
      "photos": [
        {
          "file": "pier-2-east-2024-03.jpg",       a plain file name, .jpg
          "scene": "pier-2-east",                  a name from above, or such an object itself
          "cracks": [
            {"seed": 5, "name": "C1", "start_mm": [400, 150], "heading_deg": 80,
             "length_mm": 310, "width_mm": 0.6}
          ],
          "view": {"seed": 1, "shift_mm": [6, -4], "rotation_deg": 0.8, "zoom": 1.02},
          "date": "2024-03-18",
          "exif": {"captured_local": "2024-03-18T10:42:00", "offset": "+01:00",
                   "latitude": 46.512, "longitude": 7.431, "camera": "Drone H20"}
        }
      ]
    }

``surface`` takes the fields of :class:`SurfaceSpec`, or ``preset`` (a name of
``presets.PRESETS``) with ``seed`` and any field to change. ``cracks`` take the fields of
:class:`CrackSpec`: the *same* seed, start and heading with a larger ``length_mm`` and
``width_mm`` is the same crack, grown. ``view`` takes the fields of :class:`ViewSpec`; without it
the camera stands square on. ``objects`` are :class:`ObjectSpec`, ``cards`` :class:`CardSpec`.
``exif`` takes the fields of :class:`CaptureData`; where it has no ``captured_local``, ``date``
stands for ten in the morning of that day. Only ``file``, ``scene`` (with ``surface.seed``, size
and scale) are compulsory.
Millimetres count from the top-left corner of the square-on picture, x right, y down.

Everything is checked before the first picture is rendered; a plan that cannot be rendered raises
:class:`SpecError` with a sentence that names the place.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from inference.render.jpeg_file import CaptureData
from inference.render.presets import PRESETS
from inference.render.specs import (
    CardSpec,
    CrackSpec,
    ObjectSpec,
    SceneSpec,
    SpecError,
    SurfaceSpec,
    ViewSpec,
    check,
)

DEFAULT_MARGIN_SHARE = 0.08  # of the longer side: views shift by a few per cent
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.jpe?g")
Spec = TypeVar("Spec")


@dataclass(frozen=True, slots=True)
class PlannedPhoto:
    """One picture of a plan, ready to be rendered."""

    file: str
    scene: SceneSpec
    view: ViewSpec
    capture: CaptureData


def load_plan(path: Path) -> tuple[PlannedPhoto, ...]:
    """Read and check a plan file.

    Raises:
        SpecError: it cannot be read or rendered; the message says where and why.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SpecError(f"There is no plan at {path}. Give the path of a JSON file.") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise SpecError(f"The plan {path} cannot be read: {problem}.") from None
    except json.JSONDecodeError as problem:
        raise SpecError(
            f"{path.name} is not valid JSON: line {problem.lineno}, column {problem.colno}: "
            f"{problem.msg}."
        ) from None
    return read_plan(data)


def read_plan(data: Any) -> tuple[PlannedPhoto, ...]:
    """Check a plan given as plain data (see the module's text).

    Raises:
        SpecError: something in it cannot be rendered.
    """
    check(isinstance(data, dict), "A plan is a JSON object with a list 'photos'.")
    _no_strangers(data, ("scenes", "photos"), "the plan")
    photos, scenes = data.get("photos"), data.get("scenes", {})
    check(isinstance(photos, list) and bool(photos), "A plan needs a list 'photos' with pictures.")
    check(isinstance(scenes, dict), "'scenes' is an object of faces by name.")
    planned = tuple(_photo(item, scenes, f"photos[{n}]") for n, item in enumerate(photos))
    seen: set[str] = set()
    for photo in planned:
        check(photo.file.lower() not in seen, f"Two photos would be written to {photo.file}.")
        seen.add(photo.file.lower())
    return planned


def _photo(item: Any, scenes: dict[str, Any], where: str) -> PlannedPhoto:
    check(isinstance(item, dict), f"{where} is not an object.")
    _no_strangers(item, ("file", "scene", "cracks", "view", "date", "exif"), where)
    file = item.get("file")
    check(
        isinstance(file, str) and FILE_NAME.fullmatch(file) is not None,
        f"{where}.file is a plain file name that ends in .jpg, not {file!r}.",
    )
    place = item.get("scene")
    if isinstance(place, str):
        check(place in scenes, f"{where}.scene: there is no scene {place!r} in 'scenes'.")
        scene_data, scene_where = scenes[place], f"scenes.{place}"
    else:
        scene_data, scene_where = place, f"{where}.scene"
    scene = _scene(scene_data, scene_where)
    cracks = item.get("cracks", [])
    check(isinstance(cracks, list), f"{where}.cracks is not a list.")
    scene = dataclasses.replace(
        scene,
        cracks=tuple(_read(CrackSpec, c, f"{where}.cracks[{n}]") for n, c in enumerate(cracks)),
    )
    view = _read(ViewSpec, item.get("view", {}), f"{where}.view")
    exif = item.get("exif", {})
    check(isinstance(exif, dict), f"{where}.exif is not an object.")
    if "date" in item and exif.get("captured_local") is None:
        exif = exif | {"captured_local": f"{item['date']}T10:00:00"}
    assert isinstance(file, str)
    return PlannedPhoto(file, scene, view, _read(CaptureData, exif, f"{where}.exif"))


def _scene(data: Any, where: str) -> SceneSpec:
    check(isinstance(data, dict), f"{where} is not an object with size, scale and surface.")
    data = dict(data)
    surface = data.pop("surface", None)
    objects, cards = data.pop("objects", []), data.pop("cards", [])
    check(
        "cracks" not in data, f"{where}: cracks grow, so they belong to a photo; move them there."
    )
    check(isinstance(surface, dict), f"{where}.surface is missing: give at least a seed.")
    check(isinstance(objects, list), f"{where}.objects is not a list.")
    check(isinstance(cards, list), f"{where}.cards is not a list.")
    surface = dict(surface)
    preset = surface.pop("preset", None)
    if preset is not None:
        check(
            preset in PRESETS,
            f"{where}.surface.preset is one of {', '.join(PRESETS)}, not {preset!r}.",
        )
        surface = PRESETS[preset] | surface
    ready = {
        "surface": _read(SurfaceSpec, surface, f"{where}.surface"),
        "objects": tuple(
            _read(ObjectSpec, o, f"{where}.objects[{n}]") for n, o in enumerate(objects)
        ),
        "cards": tuple(_read(CardSpec, c, f"{where}.cards[{n}]") for n, c in enumerate(cards)),
    }
    if "margin_px" not in data and all(isinstance(data.get(k), int) for k in _SIZE):
        data["margin_px"] = round(DEFAULT_MARGIN_SHARE * max(data[k] for k in _SIZE))
    return _read(SceneSpec, data, where, ready)


_SIZE = ("width_px", "height_px")


def _read(kind: type[Spec], data: Any, where: str, ready: dict[str, Any] | None = None) -> Spec:
    """Build a spec from plain data, with every field's type checked; ``ready`` is built already."""
    check(isinstance(data, dict), f"{where} is not an object.")
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(typing.cast(Any, kind))}
    _no_strangers(data, tuple(set(fields) - set(ready or {})), where)
    missing = [
        name for name, f in fields.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        and name not in data and name not in (ready or {})
        and not (name == "heading_deg" and data.get("waypoints_mm"))
        and not (name == "start_mm" and data.get("waypoints_mm"))
    ]  # fmt: skip
    check(not missing, f"{where}: {', '.join(missing)} missing.")
    values = {name: _value(hints[name], value, f"{where}.{name}") for name, value in data.items()}
    if kind is CrackSpec and values.get("waypoints_mm"):
        values.setdefault("start_mm", values["waypoints_mm"][0])
        values.setdefault("heading_deg", 0.0)
    try:
        return kind(**values, **(ready or {}))
    except SpecError as problem:
        raise SpecError(f"{where}: {problem}") from None


def _value(hint: Any, value: Any, where: str) -> Any:
    """A JSON value as the type that a field wants."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        return _value(next(t for t in inner if t is not type(None)), value, where)
    if origin is tuple:
        check(isinstance(value, list | tuple), f"{where} is a list, not {value!r}.")
        if inner[-1] is Ellipsis:
            return tuple(_value(inner[0], v, f"{where}[{n}]") for n, v in enumerate(value))
        check(len(value) == len(inner), f"{where} has {len(inner)} numbers, not {len(value)}.")
        return tuple(
            _value(t, v, f"{where}[{n}]") for n, (t, v) in enumerate(zip(inner, value, strict=True))
        )
    if hint is float:
        check(
            isinstance(value, int | float) and not isinstance(value, bool),
            f"{where} is a number, not {value!r}.",
        )
        return float(value)
    if hint is int:
        check(
            isinstance(value, int) and not isinstance(value, bool),
            f"{where} is a whole number, not {value!r}.",
        )
        return value
    check(isinstance(value, hint), f"{where} is {_WORDS[hint]}, not {value!r}.")
    return value


_WORDS = {bool: "true or false", str: "text"}


def _no_strangers(data: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in data:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else f" It knows {', '.join(sorted(known))}."
        check(key in known, f"{where} has no {key!r}.{hint}")
