"""Photos, thumbnails, viewer tiles and masks: private files, served after a permission check.

Session or token, both work, so that a program can follow the links of the API. Under ASGI the
file is read in chunks by an async iterator: Django's FileResponse would read all of it first.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import PurePosixPath
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header, parse_etags
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from assets.models import Analysis, Photo
from assets.pictures import media_type_of
from portal.api.problems import problem_response
from portal.downloads import note_download
from portal.site_errors import SiteError
from portal.whole_numbers import whole_number

CHUNK_BYTES = 256 * 1024
RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)\Z")


def _slice_of(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte that a Range header asks for; None where it is to be ignored.

    Raises:
        ValueError: where it asks for bytes behind the end (answer 416).
    """
    found = RANGE.match(header.strip())
    if found is None or found.groups() == ("", ""):
        return None  # several ranges, or another unit: the whole file is a right answer
    first, last = found.groups()
    if first == "":
        length = whole_number(last)
        if length == 0 or size == 0:
            raise ValueError(header)
        return (0 if length is None else max(0, size - length)), size - 1
    start, end = whole_number(first), whole_number(last)
    if start is None or start >= size:  # a number too long to be one lies behind any end
        raise ValueError(header)
    if end is not None and end < start:
        return None
    return start, size - 1 if end is None else min(end, size - 1)


async def _read_async(file: File, count: int) -> AsyncIterator[bytes]:
    """``count`` bytes from where the file stands; the disk is waited for in another thread."""
    try:
        while count > 0:
            chunk = await asyncio.to_thread(file.read, min(CHUNK_BYTES, count))
            if not chunk:
                return
            count -= len(chunk)
            yield chunk
    finally:
        await asyncio.to_thread(file.close)


def _read(file: File, count: int) -> Iterator[bytes]:
    with file:
        while count > 0:
            chunk = file.read(min(CHUNK_BYTES, count))
            if not chunk:
                return
            count -= len(chunk)
            yield chunk


def _etag(name: str) -> str:
    """Stands for the bytes: a file that is written again has another time or length."""
    changed = default_storage.get_modified_time(name).timestamp()
    text = f"{name} {default_storage.size(name)} {changed}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def serve_file(
    request: HttpRequest,
    *,
    name: str,
    content_type: str,
    download_as: str = "",
    etag: str = "",
    max_age_s: int = 0,
) -> HttpResponseBase:
    """Answers with a stored file. The caller has checked that this person may see it.

    Args:
        name: path in the default storage.
        download_as: file name to offer; empty = shown in place.
        etag: strong validator, quoted; empty = made from name, length and time of the file.
        max_age_s: how long the browser, and nobody between, may keep it without asking again.

    Raises:
        NotFound: where the storage has no such file.
    """
    try:
        etag = etag or _etag(name)
    except FileNotFoundError as error:
        raise NotFound(_("This file is no longer in the storage.")) from error
    headers = {
        "ETag": etag,
        "Cache-Control": f"private, max-age={max_age_s}" if max_age_s else "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        # A file opened on its own can neither run nor load anything, whatever it holds.
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": content_disposition_header(bool(download_as), download_as)
        or "inline",
    }
    known = parse_etags(request.headers.get("If-None-Match", ""))
    response: HttpResponseBase
    if etag in known or known == ["*"]:
        response = HttpResponse(status=304, headers=headers)
    else:
        response = _body(request, name, content_type, headers)
    patch_vary_headers(response, ["Cookie", "Authorization"])
    return response


def _body(
    request: HttpRequest, name: str, content_type: str, headers: dict[str, str]
) -> HttpResponseBase:
    try:
        size = default_storage.size(name)
        file = default_storage.open(name)
    except FileNotFoundError as error:
        raise NotFound(_("This file is no longer in the storage.")) from error
    start, end, status = 0, size - 1, 200
    wanted = request.headers.get("Range", "")
    if wanted and request.headers.get("If-Range", headers["ETag"]) == headers["ETag"]:
        try:
            part = _slice_of(wanted, size)
        except ValueError:
            file.close()
            return _behind_the_end(size)
        if part is not None:
            start, end, status = *part, 206
            headers = {**headers, "Content-Range": f"bytes {start}-{end}/{size}"}
    count = end - start + 1
    headers = {**headers, "Content-Length": str(count)}
    if request.method == "HEAD":
        file.close()
        return HttpResponse(content_type=content_type, headers=headers, status=status)
    file.seek(start)
    chunks: Any = _read_async if isinstance(request, ASGIRequest) else _read
    return StreamingHttpResponse(
        chunks(file, count), content_type=content_type, headers=headers, status=status
    )


def _behind_the_end(size: int) -> HttpResponse:
    sentence = _("The file ends at %(size)d bytes, before what was asked for.") % {"size": size}
    hint = _("Ask for bytes before the end, or for the whole file without Range.")
    headers = {"Content-Range": f"bytes */{size}"}
    return problem_response(SiteError("range_not_satisfiable", sentence, hint, 416, headers))


class AnyKind(BaseContentNegotiation):
    """A file is what it is; what the caller would rather accept changes nothing."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class PhotoFileView(APIView):
    """The check for all files of a photo: people who may see the photo may see its files."""

    content_negotiation_class = AnyKind
    rows = Photo.objects.all()

    def photo(self, pk: int) -> Photo:
        """The photo, or 404 where this person may not see it."""
        return get_object_or_404(self.rows.visible_to(self.request.user), pk=pk)


@extend_schema(exclude=True)
class OriginalView(PhotoFileView):
    """The file as it was sent, byte for byte: the evidence."""

    rows = Photo.objects.select_related("inspection__asset")

    def get(self, request: Request, pk: int) -> HttpResponseBase:
        photo = self.photo(pk)
        answer = serve_file(
            request._request,
            name=photo.file.name,
            content_type=media_type_of(photo.format),
            download_as=photo.original_name,
            etag=f'"{photo.sha256}"',
            max_age_s=3600,
        )
        try:
            note_download(
                request._request, answer, photo=photo, user=request.user, auth=request.auth
            )
        except BaseException:
            answer.close()
            raise
        return answer


@extend_schema(exclude=True)
class ThumbnailView(PhotoFileView):
    """A small upright picture without EXIF."""

    def get(self, request: Request, pk: int) -> HttpResponseBase:
        name = self.photo(pk).thumbnail
        if not name:
            raise NotFound(_("There is no thumbnail yet: this photo was not analysed so far."))
        kind = mimetypes.guess_type(name)[0] or "image/jpeg"
        return serve_file(request._request, name=name, content_type=kind)


@extend_schema(exclude=True)
class TileView(PhotoFileView):
    """One square of the upright picture for the zooming viewer."""

    def get(self, request: Request, pk: int, z: int, x: int, y: int) -> HttpResponseBase:
        photo = self.photo(pk)
        deepest = photo.tiles_max_zoom
        if not photo.tiles_folder or deepest is None or z > deepest:
            raise NotFound(_("There is no such square of this photo."))
        name = str(PurePosixPath(photo.tiles_folder) / str(z) / str(x) / f"{y}.jpg")
        return serve_file(request._request, name=name, content_type="image/jpeg", max_age_s=3600)


@extend_schema(exclude=True)
class MaskView(PhotoFileView):
    """The mask of the cracks: PNG of 0 and 255, in the upright picture's size."""

    def get(self, request: Request, pk: int) -> HttpResponseBase:
        return mask_response(request._request, self.photo(pk))


def mask_response(request: HttpRequest, photo: Photo) -> HttpResponseBase:
    """The mask of the photo's current analysis; 404 with a sentence where there is none."""
    name = (
        Analysis.objects.filter(photo=photo, is_current=True).values_list("mask", flat=True).first()
    )
    if not name:
        raise NotFound(_("There is no mask yet: this photo has no finished analysis."))
    stem = PurePosixPath(photo.original_name).stem
    return serve_file(request, name=name, content_type="image/png", download_as=f"{stem}.mask.png")
