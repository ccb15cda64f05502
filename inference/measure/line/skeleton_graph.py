"""A skeleton as a graph: junctions and ends are nodes, the lines between them edges."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from inference.measure.line.thinning import FlatIndex, neighbour_offsets

Points = npt.NDArray[np.float64]  # (N, 2), x and y


@dataclass(slots=True)
class Edge:
    """One line of the skeleton without branches.

    Attributes:
        start, end: node numbers; equal for a closed loop.
        points: (N, 2) pixel centres from start to end, both included.
        half_width_px: (N,) distance from the line to the edge of the mask.
        length_px: length along the line; 0 for a single point.
    """

    start: int
    end: int
    points: Points
    half_width_px: npt.NDArray[np.float64]
    length_px: float = field(init=False)

    def __post_init__(self) -> None:
        self.length_px = float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    def reversed(self) -> Edge:
        """The same line the other way round."""
        return Edge(self.end, self.start, self.points[::-1], self.half_width_px[::-1])


class SkeletonGraph:
    """Edges by number and, for each node, the edges that end in it (a loop counts twice)."""

    def __init__(self, edges: list[Edge]) -> None:
        self.edges: dict[int, Edge] = {}
        self.at_node: dict[int, list[int]] = defaultdict(list)
        self._next = 0
        for edge in edges:
            self.add(edge)

    def add(self, edge: Edge) -> int:
        """Takes an edge in and returns its number."""
        number = self._next
        self._next += 1
        self.edges[number] = edge
        self.at_node[edge.start].append(number)
        self.at_node[edge.end].append(number)
        return number

    def remove(self, number: int) -> Edge:
        """Takes an edge out and returns it."""
        edge = self.edges.pop(number)
        self.at_node[edge.start].remove(number)
        self.at_node[edge.end].remove(number)
        return edge

    def degree(self, node: int) -> int:
        """The number of line ends that meet in a node; 1 = a free end."""
        return len(self.at_node[node])

    def half_width_px(self, node: int) -> float:
        """Distance from the node to the edge of the mask, largest over its lines."""
        ends = [0.0]
        for number in self.at_node[node]:
            edge = self.edges[number]
            ends.append(float(edge.half_width_px[0 if edge.start == node else -1]))
        return max(ends)

    def straighten(self, node: int) -> None:
        """Makes one edge of the two that meet in a node where nothing else ends."""
        numbers = self.at_node[node]
        if len(numbers) != 2 or numbers[0] == numbers[1]:
            return
        before, after = (self.remove(number) for number in list(numbers))
        before = before if before.end == node else before.reversed()
        after = after if after.start == node else after.reversed()
        self.add(
            Edge(
                before.start,
                after.end,
                np.concatenate([before.points, after.points]),
                np.concatenate([before.half_width_px, after.half_width_px]),
            )
        )

    def merge_nodes(self, keep: int, gone: int) -> None:
        """Lets every line that ended in ``gone`` end in ``keep``."""
        for number in self.at_node.pop(gone):
            edge = self.edges[number]
            if edge.start == gone:
                edge.start = keep
            if edge.end == gone:
                edge.end = keep
            self.at_node[keep].append(number)

    def prune_spurs(self, shortest_branch_px: float) -> None:
        """Removes side lines that the roughness of the mask's edge made, shortest first.

        A side line has one free end and is shorter than ``shortest_branch_px`` or than twice the
        half width of the mask where it leaves: such a line does not get out of its parent.
        """
        while True:
            spurs = []
            for number, edge in self.edges.items():
                degrees = sorted((self.degree(edge.start), self.degree(edge.end)))
                if degrees[0] != 1 or degrees[1] < 3:
                    continue
                root = edge.start if self.degree(edge.start) > 1 else edge.end
                length_px = edge.length_px
                if length_px < max(shortest_branch_px, 2.0 * self.half_width_px(root)):
                    spurs.append((length_px, number, root))
            if not spurs:
                return
            touched: set[int] = set()
            for _, number, root in sorted(spurs):
                # One side line a junction and round: the next may be the crack's own tip.
                if root in touched:
                    continue
                touched.add(root)
                self.remove(number)
            for root in touched:
                self.straighten(root)

    def drop_small_loops(self, longest_px: float) -> None:
        """Removes short closed loops and, of two lines around a small hole, the longer one."""
        for number, edge in list(self.edges.items()):
            if number not in self.edges:
                continue
            if edge.start == edge.end:
                if self.degree(edge.start) > 2 and edge.length_px < longest_px:
                    self.remove(number)
                    self.straighten(edge.start)
                continue
            twins = [
                other
                for other in self.at_node[edge.start]
                if other != number
                and {self.edges[other].start, self.edges[other].end} == {edge.start, edge.end}
            ]
            for other in twins:
                if edge.length_px + self.edges[other].length_px < longest_px:
                    longer = max(number, other, key=lambda n: self.edges[n].length_px)
                    self.remove(longer)
                    for node in (edge.start, edge.end):
                        self.straighten(node)
                    break


def build_graph(
    skeleton: FlatIndex, shape: tuple[int, int], half_width_px: npt.NDArray[np.uint8]
) -> SkeletonGraph:
    """The graph of a skeleton.

    Args:
        skeleton: ascending flat indices of its pixels, as :func:`thin` gives them.
        shape: (H, W) of the array they index; no skeleton pixel lies on its outermost pixels.
        half_width_px: (H, W) distance of every pixel to the outside of the mask.

    Returns:
        Points are (column, row) of that array. Single pixels without neighbours give no edge.
    """
    links = _links(skeleton, shape)
    rows, columns = np.divmod(skeleton, shape[1])
    points = np.stack([columns, rows], axis=1).astype(np.float64)
    widths = half_width_px.reshape(-1)[skeleton].astype(np.float64)
    return SkeletonGraph(
        [
            Edge(chain[0], chain[-1], points[chain], widths[chain])
            for chain in _chains(links)
            if len(chain) > 1
        ]
    )


def _links(skeleton: FlatIndex, shape: tuple[int, int]) -> list[list[int]]:
    """Neighbours of every skeleton pixel; a diagonal only where no straight way leads there."""
    offsets = neighbour_offsets(shape[1])
    found = np.full((8, skeleton.size), -1, np.int64)
    if skeleton.size:
        for direction, offset in enumerate(offsets):
            place = np.searchsorted(skeleton, skeleton + offset)
            place[place == skeleton.size] = 0
            hit = skeleton[place] == skeleton + offset
            found[direction, hit] = place[hit]
        for diagonal in (1, 3, 5, 7):
            detour = (found[diagonal - 1] >= 0) | (found[(diagonal + 1) % 8] >= 0)
            found[diagonal, detour] = -1
    return _compact(found)


def _compact(found: npt.NDArray[np.int64]) -> list[list[int]]:
    """The entries of each column of a (8, N) table that are not -1, in their order."""
    there = found >= 0
    degrees = there.sum(axis=0)
    packed = np.take_along_axis(found, np.argsort(~there, axis=0, kind="stable"), axis=0).T
    links: list[list[int]] = [[]] * found.shape[1]
    for degree in np.unique(degrees):
        columns = np.flatnonzero(degrees == degree)
        for column, neighbours in zip(
            columns.tolist(), packed[columns, :degree].tolist(), strict=True
        ):
            links[column] = neighbours
    return links


def _chains(links: list[list[int]]) -> list[list[int]]:
    """Pixel numbers along every line between two nodes, then along every closed ring."""
    chains: list[list[int]] = []
    passed = [False] * len(links)
    for node, neighbours in enumerate(links):
        if len(neighbours) == 2:
            continue
        passed[node] = True
        for first in neighbours:
            if len(links[first]) != 2:
                if node < first:  # two nodes side by side: once is enough
                    chains.append([node, first])
            elif not passed[first]:
                chains.append(_walk(links, passed, node, first))
    for start, neighbours in enumerate(links):
        if len(neighbours) == 2 and not passed[start]:
            passed[start] = True
            chains.append(_walk(links, passed, start, neighbours[0]))
    return chains


def _walk(links: list[list[int]], passed: list[bool], start: int, first: int) -> list[int]:
    """Follows a line from ``start`` over ``first`` to the next node, or round to ``start``."""
    chain = [start, first]
    while len(links[chain[-1]]) == 2 and chain[-1] != start:
        passed[chain[-1]] = True
        one, other = links[chain[-1]]
        chain.append(other if one == chain[-2] else one)
    return chain
