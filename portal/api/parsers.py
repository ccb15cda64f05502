"""Parsers of request bodies: JSON or form, within bounds, only texts that can be stored."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework import exceptions, parsers

from assets.texts import is_sound
from portal.site_errors import no_character


def _texts(value: Any) -> Iterator[str]:
    """Every text in a parsed body, names included; no recursion, however deep it is nested."""
    rest = [value]
    while rest:
        match rest.pop():
            case str() as text:
                yield text
            case list() as inner:
                rest += inner
            case dict() as inner:
                rest += [*inner.keys(), *inner.values()]


def _refuse_unsound(texts: Iterator[str]) -> None:
    if not all(map(is_sound, texts)):
        raise exceptions.ParseError(no_character())


class JSONParser(parsers.JSONParser):
    """JSON no longer than a form may be, nested no deeper than can be read."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise RequestDataTooBig
        try:
            parsed = super().parse(io.BytesIO(body), media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError(_("This JSON is nested too deep.")) from error
        except exceptions.ParseError as error:
            if "int_max_str_digits" in str(error):  # Python's advice is for whoever runs it
                raise exceptions.ParseError(
                    _("A number in this JSON has thousands of digits.")
                ) from error
            raise
        _refuse_unsound(_texts(parsed))
        return parsed


class FormParser(parsers.FormParser):
    """Reads what ``curl -d`` sends; the schema does not promise it."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        parsed = super().parse(stream, media_type, parser_context)
        _refuse_unsound(_texts(dict(parsed.lists())))
        return parsed


class MultiPartParser(parsers.MultiPartParser):
    """``multipart/form-data``: a file and a few fields."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        parsed = super().parse(stream, media_type, parser_context)
        _refuse_unsound(_texts(dict(parsed.data.lists())))
        return parsed
