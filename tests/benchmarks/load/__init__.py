"""A hundred and fifty people at once, and what one page costs, now and at an earlier commit.

Both installations are filled alike, run side by side on this machine and are asked in turn, on
SQLite and on PostgreSQL.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from tests.benchmarks.load.clients import Tally, crowd, one_after_the_other
from tests.benchmarks.load.installation import ROOT, Installation, checkout, running
from tests.benchmarks.table import Row

BEFORE = "a5cf5a1"  # before request threads, the pool and several web processes
PEOPLE = 150
SECONDS = 20.0
ROUNDS, REQUESTS_A_ROUND = 9, 20
POSTGRES_URL = os.environ.get("BENCH_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")


def _pages(site: Installation) -> dict[str, str]:
    return {
        "portfolio page": "/",
        "map tile": "/api/v1/map/8/133/86/",
        "asset page": f"/assets/{site.assets[0]}/",
    }


@contextmanager
def empty_database(name: str) -> Iterator[str]:
    """The address of a database of its own on the PostgreSQL server, dropped afterwards."""
    with psycopg.connect(POSTGRES_URL, autocommit=True) as link:
        link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        link.execute(f'CREATE DATABASE "{name}"')
    try:
        yield POSTGRES_URL.rpartition("/")[0] + f"/{name}"
    finally:
        with psycopg.connect(POSTGRES_URL, autocommit=True) as link:
            link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _cpu_ms_a_page(site: Installation, path: str) -> float:
    before_s = site.web_cpu_s()
    one_after_the_other(site.port, site.sessions[0], path, REQUESTS_A_ROUND)
    return 1000 * (site.web_cpu_s() - before_s) / REQUESTS_A_ROUND


def _cost_rows(now: Installation, before: Installation) -> list[Row]:
    rows = []
    for what in _pages(now):
        found: dict[str, list[float]] = {now.name: [], before.name: []}
        for site in (now, before):  # the first answers load templates and models
            one_after_the_other(site.port, site.sessions[0], _pages(site)[what], 8)
        for _ in range(ROUNDS):
            for site in (now, before):
                found[site.name].append(_cpu_ms_a_page(site, _pages(site)[what]))
        ours, theirs = (statistics.median(found[site.name]) for site in (now, before))
        rows.append(
            Row(f"CPU, {what}", f"{ours:.1f} ms", f"{theirs:.1f} ms",
                f"{ours / theirs:.2f} ×; web processes alone, median of {ROUNDS} rounds of "
                f"{REQUESTS_A_ROUND}")
        )  # fmt: skip
    return rows


def _words(tally: Tally) -> str:
    words = [f"{count} × {status}" for status, count in sorted(tally.statuses.items())]
    return ", ".join([*words, *([f"{tally.broken} broke off"] if tally.broken else [])])


def _crowd_rows(now: Installation, before: Installation) -> list[Row]:
    tallies = [
        crowd(site.port, site.sessions, list(_pages(site).values()), SECONDS)
        for site in (now, before)
    ]
    ours, theirs = tallies
    return [
        Row(f"{PEOPLE} people, pages a second", f"{ours.good_a_second:.0f}",
            f"{theirs.good_a_second:.0f}",
            f"{ours.good_a_second / max(0.1, theirs.good_a_second):.1f} ×; keep-alive, "
            f"{SECONDS:.0f} s, three pages in turn, answers 200 alone"),
        Row("no page came", f"{ours.failed_share:.2%}", f"{theirs.failed_share:.2%}",
            f"now {_words(ours)}; before {_words(theirs)}"),
        Row("memory afterwards", f"{now.web_memory_mb():.0f} MB",
            f"{before.web_memory_mb():.0f} MB", "all web processes"),
    ]  # fmt: skip


def _measure_on(database: str, tree: Path, folder: Path) -> list[Row]:
    with ExitStack() as stack:
        sites = []
        for name, root in (("now", ROOT), ("before", tree)):
            url = ""
            if database == "PostgreSQL":
                url = stack.enter_context(empty_database(f"hairline_bench_{name}"))
            site = running(
                name, root, folder / f"{database}-{name}", people=PEOPLE, database_url=url
            )
            sites.append(stack.enter_context(site))
        now, before = sites
        return [*_cost_rows(now, before), *_crowd_rows(now, before)]


def measure(databases: tuple[str, ...] = ("SQLite", "PostgreSQL")) -> dict[str, list[Row]]:
    """Title -> rows, a table a database; the peer is this code at :data:`BEFORE`."""
    with tempfile.TemporaryDirectory(prefix="hairline-bench-") as scratch:
        folder = Path(scratch)
        with checkout(BEFORE, folder) as tree:
            return {
                f"{PEOPLE} people at once, {database}; peer: commit {BEFORE}": _measure_on(
                    database, tree, folder
                )
                for database in databases
            }
