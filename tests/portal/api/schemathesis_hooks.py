"""Loaded by schemathesis: giving a token back must not end the one that the run speaks with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import schemathesis

_spare = Path(os.environ["SPARE_TOKENS"]).read_text().split()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Gives back a token that nothing else needs; requests without a token stay without."""
    headers = kwargs.get("headers") or case.headers
    signs_in = str((headers or {}).get("Authorization", "")).startswith("Token hl_")
    if case.method == "DELETE" and case.operation.path.endswith("/auth/token/") and signs_in:
        case.headers["Authorization"] = f"Token {_spare.pop()}"
