"""All records of a benchmark, on several cores.

A module of its own: a started process cannot import what stands in a package's ``__main__``.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from pathlib import Path

from tests.benchmarks.width.records import Record, records_of
from tests.benchmarks.width.specs import StripSpec
from tests.benchmarks.width.texture import load_walls

CHUNK = 20


def measure_all(specs: list[StripSpec], data: Path, jobs: int, network: bool) -> Iterable[Record]:
    """All records in order; several processes where there are several cores."""
    work: Callable[[list[StripSpec]], list[Record]] = partial(_work, data=data, network=network)
    chunks = [specs[first : first + CHUNK] for first in range(0, len(specs), CHUNK)]
    if jobs == 1:
        return chain.from_iterable(map(work, chunks))
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        return list(chain.from_iterable(pool.map(work, chunks, chunksize=1)))


def _work(specs: list[StripSpec], *, data: Path, network: bool) -> list[Record]:
    find_mask = None
    if network:
        from tests.benchmarks.width.network_mask import find_mask
    return list(records_of(specs, load_walls(data), find_mask))
