"""Reads numbers and words from a photo's XMP packet, as editors and drones write it.

The packet is XML from anybody. It is not parsed: single properties are looked for, in either of
the forms that XMP allows (attribute or element), so that no entity is ever expanded.
"""

from __future__ import annotations

import re
from typing import Any

MAX_BYTES = 1_000_000


def packet_of(information: dict[Any, Any]) -> str:
    """The packet as text, from what Pillow keeps beside a picture (``Image.info``)."""
    for key in ("xmp", "XML:com.adobe.xmp"):
        found = information.get(key)
        if isinstance(found, bytes):
            return found[:MAX_BYTES].decode("utf-8", "replace")
        if isinstance(found, str):
            return found[:MAX_BYTES]
    return ""


def property_of(packet: str, name: str) -> str | None:
    """The value of a property such as ``drone-dji:LRFTargetDistance``; None where it is absent."""
    if name not in packet:
        return None
    escaped = re.escape(name)
    match = re.search(rf"\b{escaped}\s*=\s*(?:\"([^\"<]{{0,200}})\"|'([^'<]{{0,200}})')", packet)
    if match is None:
        match = re.search(rf"<{escaped}>\s*([^<]{{0,200}}?)\s*</{escaped}>()", packet)
    if match is None:
        return None
    return (match[1] or match[2] or "").strip() or None


def number_of(packet: str, name: str) -> float | None:
    """The same as a number; XMP writes rationals as ``24/1``."""
    text = property_of(packet, name)
    match = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)(?:/(\d+(?:\.\d+)?))?", text or "")
    if match is None:
        return None
    below = float(match[2] or 1)
    return float(match[1]) / below if below > 0 else None
