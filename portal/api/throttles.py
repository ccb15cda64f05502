"""Limits of tries: sign-in by address and name, uploads by person.

Counted in Django's cache, so one count a process unless a shared cache is configured; sign-in is
also held by allauth's own limits, which pages and API share.
"""

from __future__ import annotations

import hashlib

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle, UserRateThrottle
from rest_framework.views import APIView


class SignInThrottle(SimpleRateThrottle):
    """Tries a minute of one name from one address; the name is never kept in the clear."""

    scope = "token"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if request.method != "POST":
            return None
        name = str(request.data.get("username", "") if hasattr(request.data, "get") else "")
        digest = hashlib.sha256(name.strip().lower().encode()).hexdigest()[:32]
        ident = f"{self.get_ident(request)}-{digest}"
        return self.cache_format % {"scope": self.scope, "ident": ident}


class UploadThrottle(UserRateThrottle):
    """Photos a minute of one person, whatever address they come from."""

    scope = "upload"

    def allow_request(self, request: Request, view: APIView) -> bool:
        return request.method != "POST" or super().allow_request(request, view)
