"""Named faces that inspectors know, such as "dam", for plans."""

from __future__ import annotations

from typing import Any

from inference.render.specs import SurfaceSpec, check

PRESETS: dict[str, dict[str, Any]] = {
    "bridge_pier": {"concrete": "grey", "finish": "formed", "boards": "vertical", "board_mm": 140.0,
                    "mottling": 0.6, "pores": 0.5, "streaks": 0.4, "stains": 0.35},
    "bridge_soffit": {"concrete": "light", "finish": "smooth", "panel_mm": (1250.0, 625.0),
                      "mottling": 0.5, "pores": 0.45, "stains": 0.4, "efflorescence": 0.3},
    "bridge_deck": {"concrete": "grey", "finish": "brushed", "mottling": 0.6, "grain": 0.8,
                    "pores": 0.15, "stains": 0.5, "streaks": 0.0, "scratches": 8},
    "abutment": {"concrete": "warm", "finish": "formed", "boards": "horizontal", "board_mm": 180.0,
                 "mottling": 0.7, "pores": 0.5, "streaks": 0.6, "moss": 0.35, "stains": 0.5},
    "dam": {"concrete": "cool", "finish": "formed", "panel_mm": (2400.0, 1500.0), "mottling": 0.8,
            "pores": 0.4, "streaks": 0.8, "moss": 0.3, "efflorescence": 0.4, "stains": 0.5},
    "spillway": {"concrete": "dark", "finish": "rough", "mottling": 0.7, "grain": 0.9, "pores": 0.3,
                 "stains": 0.6, "streaks": 0.5, "moss": 0.2},
    "tunnel": {"concrete": "dark", "finish": "smooth", "mottling": 0.7, "pores": 0.4, "stains": 0.7,
               "streaks": 0.4, "efflorescence": 0.4},
    "facade": {"concrete": "light", "finish": "plaster", "mottling": 0.3, "grain": 0.3,
               "pores": 0.05, "stains": 0.3, "streaks": 0.3},
    "exposed_concrete": {"concrete": "grey", "finish": "smooth", "panel_mm": (1000.0, 1250.0),
                         "tie_holes": True, "mottling": 0.7, "pores": 0.6, "stains": 0.3},
    "retaining_wall": {"concrete": "warm", "finish": "exposed", "mottling": 0.5, "grain": 0.7,
                       "pores": 0.1, "stains": 0.4, "moss": 0.3},
}  # fmt: skip


def surface_of(preset: str, seed: int, **changes: Any) -> SurfaceSpec:
    """A preset's face with a seed of its own and, where wanted, other strengths.

    Raises:
        SpecError: no such preset, or a change that a surface does not know.
    """
    check(preset in PRESETS, f"preset is one of {', '.join(PRESETS)}, not {preset!r}.")
    return SurfaceSpec(seed=seed, **(PRESETS[preset] | changes))
