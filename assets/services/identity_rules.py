"""The machine's rules for which defect a crack is. A wrong merge is worse than none.

An element without known cracks: each line begins a crack. A photo laid upon an earlier view: lines
on known lines are those cracks, others inside the area seen before are new. A photo that is laid
upon none, where cracks are known: its lines await a person. Regions go by the same rules, each
among the known defects of its own kind: a spall is never a crack.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from assets.models import Identity, Measurement, Region
from assets.services.records import MatchProposal


@dataclass(frozen=True, slots=True)
class Decision:
    """Which defect a line or region is. ``defect_id`` None with identity ``new``: begin one."""

    defect_id: int | None
    identity: str


def decide(count: int, match: MatchProposal, knows_defects: bool) -> list[Decision]:
    """Which crack each of ``count`` new lines is; a wrong merge is worse than none.

    Args:
        knows_defects: whether other photos of the element show open cracks.
    """
    return [
        _decision(ordinal, match.pairs, match.new, match.registered, knows_defects)
        for ordinal in range(count)
    ]


def decide_areas(
    kinds: Sequence[str], match: MatchProposal, known_kinds: Collection[str]
) -> list[Decision]:
    """Which defect each new region is.

    Args:
        kinds: of the new regions, in their order.
        known_kinds: of the open defects that other photos of the element show.
    """
    return [
        _decision(ordinal, match.area_pairs, match.new_areas, match.registered, kind in known_kinds)
        for ordinal, kind in enumerate(kinds)
    ]


def _decision(
    ordinal: int,
    pairs: Mapping[int, int],
    new: frozenset[int] | None,
    registered: bool,
    knows_defects: bool,
) -> Decision:
    if ordinal in pairs:
        return Decision(pairs[ordinal], str(Identity.MATCHED))
    if not knows_defects or (registered and (new is None or ordinal in new)):
        return Decision(None, str(Identity.NEW))
    return Decision(None, str(Identity.UNMATCHED))


def carry_over(previous: Sequence[Measurement] | Sequence[Region], count: int) -> list[Decision]:
    """The same lines or regions measured again: each keeps its defect, by ordinal."""
    rows = {row.ordinal: row for row in previous}
    if set(rows) != set(range(count)):
        raise ValueError(
            "Measuring again gives one result for each stored line and region, in their order."
        )
    return [_carried(rows[ordinal]) for ordinal in range(count)]


def _carried(row: Measurement | Region) -> Decision:
    if row.defect_id is not None:
        return Decision(row.defect_id, str(Identity.CARRIED))
    # A region from before regions had an identity keeps none: it awaits nobody.
    return Decision(None, row.identity)
