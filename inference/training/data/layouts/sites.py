"""Reads the table ``photo,site``: at which site each picture was taken.

A split by site keeps all pictures of a pier, a hall, a bridge on one side.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from inference.training.data.datasets import Dataset, Entry

SITES_NAME = "sites.csv"
_COLUMNS = ["photo", "site"]


def with_sites(dataset: Dataset, folder: Path, table: Path) -> Dataset:
    """The data set with the site of every picture.

    A picture is named by its path below ``folder``, its file name, or its name without suffix.

    Raises:
        ValueError: if the table is not ``photo,site``, or a picture is not in it.
    """
    site_of = _read(table)
    parts = {
        part: tuple(_at_site(entry, site_of, folder, table) for entry in entries)
        for part, entries in dataset.parts.items()
    }
    return replace(dataset, parts=parts)


def _read(table: Path) -> dict[str, str]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if [name.strip().lower() for name in rows.fieldnames or ()][:2] != _COLUMNS:
                raise ValueError(f"{table}: the first line must be photo,site.")
            rows.fieldnames = _COLUMNS
            site_of = {}
            for row in rows:
                photo, site = (row[name] or "" for name in _COLUMNS)
                if not photo.strip() or not site.strip():
                    raise ValueError(f"{table}, line {rows.line_num}: a photo or site is missing.")
                site_of[photo.strip().replace("\\", "/")] = site.strip()
            return site_of
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{table} cannot be read ({error}). Save it as CSV in UTF-8.") from error


def _at_site(entry: Entry, site_of: Mapping[str, str], folder: Path, table: Path) -> Entry:
    image = entry.image
    below = image.relative_to(folder).as_posix() if image.is_relative_to(folder) else image.name
    site = next((site_of[n] for n in (below, image.name, image.stem) if n in site_of), None)
    if site is None:
        raise ValueError(f"{table} has no line for {below}. Add one: photo,site.")
    return replace(entry, site=site)
