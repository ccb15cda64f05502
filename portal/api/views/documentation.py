"""The schema, and a page on which people read it, without inline scripts.

Open to everybody: it holds no data, and people must be able to read how to get a token.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import schema  # noqa: F401  registers how one signs in


@dataclass(frozen=True, slots=True)
class WrittenSchema:
    """The schema in one form and one language, ready to be sent."""

    text: bytes
    packed: bytes
    etag: str
    headers: dict[str, str]


@extend_schema(exclude=True)
class SchemaView(SpectacularAPIView):
    """OpenAPI 3 as YAML, or as JSON for who accepts it; written once a process, form and language.

    It follows from the code alone, and to write it takes 70 ms of a processor each time.
    """

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    _written: dict[tuple[str, str], WrittenSchema] = {}
    _writing = threading.Lock()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        written = self._schema(request)
        packs = "gzip" in request.headers.get("Accept-Encoding", "")
        # Forms of one thing that differ in bytes differ in their tag too.
        etag = f'"{written.etag}{"-gzip" if packs else ""}"'
        if etag in parse_etags(request.headers.get("If-None-Match", "")):
            response = HttpResponse(status=304)
        else:
            body = written.packed if packs else written.text
            response = HttpResponse(body, headers=written.headers)
            if packs:
                response["Content-Encoding"] = "gzip"
        response["ETag"] = etag
        response["Cache-Control"] = "no-cache"  # ask each time; the answer is mostly 304
        patch_vary_headers(response, ["Accept", "Accept-Language", "Accept-Encoding"])
        return response

    def _schema(self, request: Request) -> WrittenSchema:
        wanted = request.query_params.get("lang", "")
        language = wanted if wanted in dict(settings.LANGUAGES) else get_language() or ""
        key = (request.accepted_renderer.media_type, language)
        if (known := self._written.get(key)) is not None:
            return known
        with self._writing:
            if key not in self._written:
                self._written[key] = self._write(request)
            return self._written[key]

    def _write(self, request: Request) -> WrittenSchema:
        answer = super().get(request)
        renderer = request.accepted_renderer
        text = renderer.render(answer.data, renderer.media_type, {})
        return WrittenSchema(
            text=text,
            packed=gzip.compress(text, mtime=0),
            etag=hashlib.sha256(text).hexdigest()[:32],
            headers={
                "Content-Type": f"{renderer.media_type}; charset=utf-8",
                "Content-Disposition": answer["Content-Disposition"],
            },
        )

    def _get_version_parameter(self, request: Request) -> None:
        """There is one version, whatever an address asks for."""


@extend_schema(exclude=True)
class DocumentationView(SpectacularSwaggerSplitView):
    """Swagger UI from the installed files; its start script is a second answer of this address."""

    url_name = "api-schema"
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    template_name = "api/documentation.html"
    template_name_js = "api/documentation.js"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        # The answer differs by session: a signed-in browser may try calls with its own cookie.
        response.headers["Cache-Control"] = "private, no-store"
        return response
