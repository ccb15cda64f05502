"""What every page shows around its own matter: organisations, bell count, banner."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context for the frame of a page."""
    return {}
