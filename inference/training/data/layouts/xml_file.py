"""Reads annotation files in XML."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree


def read_xml(path: Path) -> ElementTree.Element:
    """The root element.

    Raises:
        ValueError: if the file is no XML, or declares entities (no annotation tool does).
    """
    try:
        data = path.read_bytes()
        if b"<!ENTITY" in data:
            raise ValueError(f"{path} declares XML entities, which no annotation tool writes.")
        return ElementTree.fromstring(data)  # noqa: S314 - entities are refused above
    except (OSError, ElementTree.ParseError) as error:
        raise ValueError(f"{path} cannot be read as XML ({error}). Export it again.") from error


def number(element: ElementTree.Element, name: str, path: Path) -> float:
    """A number in an attribute.

    Raises:
        ValueError: if it is missing or no number.
    """
    try:
        return float(element.attrib[name])
    except (KeyError, ValueError):
        raise ValueError(
            f"{path}: a <{element.tag}> has no number in {name}. Export the file again."
        ) from None
