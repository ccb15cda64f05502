"""Which crack is it? The rules for a machine, as pure functions; a wrong merge is worse than none.

An element without known cracks: each line begins a crack. A photo laid upon an earlier view: lines
on known lines are those cracks, others inside the area seen before are new. A photo that is laid
upon none, where cracks are known: its lines await a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.models import Identity, Measurement
from assets.services.records import MatchProposal


@dataclass(frozen=True, slots=True)
class Decision:
    """Which crack a new line is. ``defect_id`` None with identity ``new``: begin one."""

    defect_id: int | None
    identity: str


def decide(count: int, match: MatchProposal, knows_defects: bool) -> list[Decision]:
    """Which crack each of ``count`` new lines is; a wrong merge is worse than none.

    Args:
        knows_defects: whether other photos of the element show open cracks.
    """
    decisions = []
    for ordinal in range(count):
        if ordinal in match.pairs:
            decisions.append(Decision(match.pairs[ordinal], str(Identity.MATCHED)))
        elif not knows_defects or (
            match.registered and (match.new is None or ordinal in match.new)
        ):
            decisions.append(Decision(None, str(Identity.NEW)))
        else:
            decisions.append(Decision(None, str(Identity.UNMATCHED)))
    return decisions


def carry_over(previous: Sequence[Measurement], count: int) -> list[Decision]:
    """The same lines measured again: each keeps its crack, by ordinal."""
    defect_of = {row.ordinal: row.defect_id for row in previous}
    if set(defect_of) != set(range(count)):
        raise ValueError("Measuring again gives one result for each stored line, in their order.")
    return [
        Decision(defect_of[i], str(Identity.CARRIED if defect_of[i] else Identity.UNMATCHED))
        for i in range(count)
    ]
