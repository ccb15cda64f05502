"""Static files under ASGI: WhiteNoise, with answers that Django need not warn about.

WhiteNoise streams files with an ordinary iterator, which Django under ASGI reads whole anyway, with
a warning for each. Our largest file has 5 MB, so it is read whole here.
"""

from __future__ import annotations

from functools import lru_cache

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticStorage(StaticFilesStorage):
    """Django's own; a page names eighty static files, so an address is put together once."""

    url = lru_cache(maxsize=1024)(StaticFilesStorage.url)


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise for either kind of server."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        answer = WhiteNoiseMiddleware.serve(static_file, request)
        if not isinstance(request, ASGIRequest) or not answer.streaming:
            return answer
        whole = HttpResponse(b"".join(answer.streaming_content), status=answer.status_code)
        for name, value in answer.items():
            if name != "Content-Length":  # counted at the start; the file may have changed since
                whole[name] = value
        answer.close()
        return whole
