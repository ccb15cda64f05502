"""Groups of test sets by what they show, so that concrete is never averaged with roads.

The product is for concrete. Sets of roads add volume and robustness, and are reported apart.
"""

from __future__ import annotations

from collections.abc import Iterable

CONCRETE, WALLS, ROADS, OWN, RENDERED = "concrete", "other walls", "roads", "own", "rendered"

GROUPS: dict[str, tuple[str, ...]] = {
    CONCRETE: ("deepcrack_256", "rissbilder_walls", "concrete_wall_photos", "noncrack_walls"),
    WALLS: ("masonry", "facade_tile_photos"),
    ROADS: ("sut_crack", "crack500_360", "cfd", "crackmap", "uav_crackx"),
}
RENDERED_PREFIX = "rendered_"


def group_of(set_name: str) -> str:
    """The group of a set; ``own`` for a set that is not ours."""
    if set_name.startswith(RENDERED_PREFIX):
        return RENDERED
    for group, names in GROUPS.items():
        if set_name in names:
            return group
    return OWN


def in_order(set_names: Iterable[str]) -> list[str]:
    """Sets of concrete first, then other walls, roads, own and rendered ones."""
    known = [name for names in GROUPS.values() for name in names]
    groups = [CONCRETE, WALLS, ROADS, OWN, RENDERED]

    def place(name: str) -> tuple[int, int, str]:
        index = known.index(name) if name in known else len(known)
        return groups.index(group_of(name)), index, name

    return sorted(set_names, key=place)
