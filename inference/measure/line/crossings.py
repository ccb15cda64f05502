"""Merges two junctions that thinning made of one crossing, with a short bridge between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.measure.line.centreline import angle_deg, leaving_direction
from inference.measure.line.skeleton_graph import Edge, SkeletonGraph

# Two lines that run straight through a bridge turn by less than this.
MAX_TURN_DEG = 35.0
# More lines than this do not meet in one place: that is texture, and gets no single junction.
MAX_LINES_OF_A_CROSSING = 10


def collapse_bridges(graph: SkeletonGraph) -> None:
    """Makes one junction of two that the width of the mask alone keeps apart.

    Thinning turns an X into two Y with a bridge between them. A bridge about as long as the mask
    is wide always goes; where two cracks meet at a sharp angle the bridge is several times longer,
    and goes if the lines on its sides continue each other in two pairs.
    """
    for number in sorted(graph.edges, key=lambda n: graph.edges[n].length_px):
        bridge = graph.edges.get(number)
        if bridge is None or bridge.start == bridge.end:
            continue
        if min(graph.degree(bridge.start), graph.degree(bridge.end)) < 3:
            continue
        if graph.degree(bridge.start) + graph.degree(bridge.end) > MAX_LINES_OF_A_CROSSING + 2:
            continue
        half_px = max(graph.half_width_px(bridge.start), graph.half_width_px(bridge.end))
        short = bridge.length_px <= 2.0 * half_px + 2.0
        if short or (bridge.length_px <= 10.0 * half_px + 4.0 and _is_crossed(graph, number)):
            graph.remove(number)
            graph.merge_nodes(bridge.start, bridge.end)


def _is_crossed(graph: SkeletonGraph, number: int) -> bool:
    """Whether two lines run through a bridge, each straight on from one end to the other."""
    bridge = graph.edges[number]
    sides = []
    for node in (bridge.start, bridge.end):
        others = [n for n in graph.at_node[node] if n != number]
        if len(others) != 2 or others[0] == others[1]:
            return False
        sides.append([_leaving(graph.edges[n], node, graph.half_width_px(node)) for n in others])
    (a, b), (c, d) = sides
    straight = max(180.0 - angle_deg(a, c), 180.0 - angle_deg(b, d))
    crosswise = max(180.0 - angle_deg(a, d), 180.0 - angle_deg(b, c))
    return min(straight, crosswise) <= MAX_TURN_DEG


def _leaving(edge: Edge, node: int, half_px: float) -> npt.NDArray[np.float64]:
    points = edge.points if edge.start == node else edge.points[::-1]
    return leaving_direction(points, 1.0 + 2.0 * half_px, 10.0 + 4.0 * half_px)
