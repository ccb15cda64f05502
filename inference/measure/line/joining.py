"""Joins the lines of a skeleton that belong to one crack, through junctions and across gaps.

A person who meets a junction follows the line that goes on straightest and calls the other a
branch, takes an X for two cracks, and does not end a crack where it fades for a few pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from inference.measure.line.centreline import Points, angle_deg, leaving_direction
from inference.measure.line.skeleton_graph import Edge, SkeletonGraph

# A line goes on through a junction when it turns by less than this.
MAX_TURN_AT_JUNCTION_DEG = 65.0
# Turn allowed across the shortest and the longest gap; a wiggly crack turns in a few pixels too.
MAX_TURN_AT_SHORT_GAP_DEG = 80.0
MAX_TURN_AT_LONG_GAP_DEG = 30.0

LineEnd = tuple[int, bool]  # (number of the line, its last point rather than its first)


@dataclass(frozen=True, slots=True)
class Line:
    """One crack on the pixel grid.

    Attributes:
        points: (N, 2) in order.
        half_width_px: (N,) of the mask.
        free: whether the first and the last point are free ends rather than junctions.
    """

    points: Points
    half_width_px: npt.NDArray[np.float64]
    free: tuple[bool, bool]


def join_through_junctions(graph: SkeletonGraph) -> list[Line]:
    """Follows every line straight on through its junctions.

    Returns:
        Lines that together hold every edge of the graph once. At a junction of three the two that
        continue each other most straightly become one; the third ends there.
    """
    partner: dict[LineEnd, LineEnd] = {}
    for node, numbers in graph.at_node.items():
        if len(numbers) > 1:
            partner.update(_pair_at_node(graph, node))
    return [
        Line(
            points=np.concatenate([edge.points for edge in chain]),
            half_width_px=np.concatenate([edge.half_width_px for edge in chain]),
            free=(graph.degree(chain[0].start) == 1, graph.degree(chain[-1].end) == 1),
        )
        for chain in _follow(graph, partner)
    ]


def join_across_gaps(lines: list[Line], longest_gap_px: float) -> list[Line]:
    """Joins lines whose free ends face each other across a small gap, best fit first.

    Args:
        lines: at their junctions already joined.
        longest_gap_px: between two ends; long gaps must be straighter than short ones.
    """
    ends = [(number, last) for number, line in enumerate(lines) for last in (False, True)]
    ends = [end for end in ends if lines[end[0]].free[end[1]]]
    if len(ends) < 2:
        return lines
    places = np.array([lines[n].points[-1 if last else 0] for n, last in ends])
    outward = np.array([_outward(lines[n], last) for n, last in ends])
    # Thinning shortens a line by its half width at either end: the gap in the mask is smaller.
    lost_px = np.array([min(np.median(lines[n].half_width_px), 12.0) for n, _ in ends])
    candidates = []
    for a, b in cKDTree(places).query_pairs(longest_gap_px + 2.0 * lost_px.max()):
        if ends[a][0] == ends[b][0]:
            continue
        gap = places[b] - places[a]
        gap_px = max(0.0, float(np.hypot(*gap)) - lost_px[a] - lost_px[b])
        if gap_px > longest_gap_px:
            continue
        turn_deg = max(angle_deg(outward[a], gap), angle_deg(outward[b], -gap))
        if np.hypot(*gap) <= 2.0:  # the direction of so short a gap says nothing
            turn_deg = angle_deg(outward[a], -outward[b])
        share = min(1.0, max(0.0, (gap_px - 3.0) / max(longest_gap_px - 3.0, 1e-9)))
        allowed_deg = (1 - share) * MAX_TURN_AT_SHORT_GAP_DEG + share * MAX_TURN_AT_LONG_GAP_DEG
        whole_turn_deg = angle_deg(outward[a], -outward[b])
        if turn_deg <= allowed_deg and whole_turn_deg <= max(60.0, allowed_deg - 15.0):
            candidates.append((gap_px / longest_gap_px + turn_deg / 60.0, ends[a], ends[b]))
    partner: dict[LineEnd, LineEnd] = {}
    for _, one, other in sorted(candidates):
        if one not in partner and other not in partner:
            partner[one], partner[other] = other, one
    return _concatenate(lines, partner)


def _pair_at_node(graph: SkeletonGraph, node: int) -> dict[LineEnd, LineEnd]:
    """Which line ends continue each other in one junction, straightest first."""
    ends: list[LineEnd] = []
    for number in dict.fromkeys(graph.at_node[node]):
        edge = graph.edges[number]
        ends += [
            (number, last) for last in (False, True) if (edge.end if last else edge.start) == node
        ]
    reach_px = 8.0 + 3.0 * graph.half_width_px(node)
    skip_px = 1.0 + graph.half_width_px(node)
    leaving = {}
    for number, last in ends:
        points = graph.edges[number].points
        leaving[number, last] = leaving_direction(
            points[::-1] if last else points, skip_px, reach_px
        )
    options = []
    for i, one in enumerate(ends):
        for other in ends[i + 1 :]:
            turn_deg = 180.0 - angle_deg(leaving[one], leaving[other])
            if one[0] == other[0] or turn_deg > MAX_TURN_AT_JUNCTION_DEG:
                continue
            # Of two continuations equally straight the longer is the main crack.
            shorter_px = min(graph.edges[one[0]].length_px, graph.edges[other[0]].length_px)
            options.append((turn_deg - 15.0 * min(1.0, shorter_px / 80.0), one, other))
    pairs: dict[LineEnd, LineEnd] = {}
    for _, one, other in sorted(options):
        if one not in pairs and other not in pairs:
            pairs[one], pairs[other] = other, one
    return pairs


def _follow(graph: SkeletonGraph, partner: dict[LineEnd, LineEnd]) -> list[list[Edge]]:
    """Chains of edges, each turned so that it runs on from the one before."""
    chains = []
    used: set[int] = set()
    starts = [(n, last) for n in graph.edges for last in (False, True) if (n, last) not in partner]
    starts += [(n, False) for n in graph.edges]  # what is left closes on itself
    for start in starts:
        if start[0] in used:
            continue
        chain: list[Edge] = []
        at: LineEnd | None = start
        while at is not None and at[0] not in used:
            number, backwards = at
            used.add(number)
            edge = graph.edges[number]
            chain.append(edge.reversed() if backwards else edge)
            at = partner.get((number, not backwards))
        chains.append(chain)
    return chains


def _concatenate(lines: list[Line], partner: dict[LineEnd, LineEnd]) -> list[Line]:
    """Lines put together at the ends that were paired."""
    joined = []
    used: set[int] = set()
    starts = [(n, last) for n in range(len(lines)) for last in (False, True)]
    starts = [s for s in starts if s not in partner] + [(n, False) for n in range(len(lines))]
    for start in starts:
        if start[0] in used:
            continue
        points: list[Points] = []
        widths: list[npt.NDArray[np.float64]] = []
        first_free = last_free = True
        at: LineEnd | None = start
        while at is not None and at[0] not in used:
            number, backwards = at
            used.add(number)
            line = lines[number]
            step = -1 if backwards else 1
            if not points:
                first_free = line.free[1 if backwards else 0]
            last_free = line.free[0 if backwards else 1]
            points.append(line.points[::step])
            widths.append(line.half_width_px[::step])
            at = partner.get((number, not backwards))
        joined.append(Line(np.concatenate(points), np.concatenate(widths), (first_free, last_free)))
    return joined


def _outward(line: Line, last: bool) -> npt.NDArray[np.float64]:
    """Direction in which a line would go on beyond one of its ends."""
    points = line.points[::-1] if last else line.points
    return -leaving_direction(points, 1.0, 10.0 + 3.0 * float(np.median(line.half_width_px)))
