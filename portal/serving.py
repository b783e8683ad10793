"""A document as an answer: whole or a range of it (RFC 9110, section 14), opened while it is sent.

A segment that does not open, or a store that goes away, breaks the answer off: with its length announced, no browser
takes what came for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from records.documents import OpenDocument

# One range is all that players, viewers and resumed downloads ask for.
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_DIGITS = 18
_DOWNLOAD = "application/octet-stream"


def document_response(request: HttpRequest, opened: OpenDocument) -> HttpResponseBase:
    """The answer that downloads an opened document, or the range of it that was asked for; it is closed afterwards.

    It is always a download: shown in a page, a file of strangers would speak with the voice of the house.
    """
    part = _part(request, opened)
    if part is None:
        opened.close()
        answer: HttpResponseBase = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        answer["Content-Range"] = f"bytes */{opened.length}"
        return answer
    start, stop = part
    answer = StreamingHttpResponse(_sent(opened, start, stop, nothing=request.method == "HEAD"))
    if (start, stop) != (0, opened.length):
        answer.status_code = HTTPStatus.PARTIAL_CONTENT
        answer["Content-Range"] = f"bytes {start}-{stop - 1}/{opened.length}"
    answer["Content-Type"] = opened.media_type or _DOWNLOAD
    answer["Content-Length"] = str(stop - start)
    answer["Content-Disposition"] = content_disposition_header(True, opened.name) or "attachment"
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = _tag(opened)
    return answer


def _sent(opened: OpenDocument, start: int, stop: int, *, nothing: bool) -> Iterator[bytes]:
    with opened:
        if not nothing:
            yield from opened.pieces(start, stop)


def _part(request: HttpRequest, opened: OpenDocument) -> tuple[int, int] | None:
    """From where to where; ``None`` when the document has nothing there.

    What cannot be understood asks for the whole.
    """
    length = opened.length
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    if found is None or request.headers.get("If-Range", _tag(opened)) != _tag(opened):
        return 0, length
    first, last = (digits[:_DIGITS] for digits in found.groups())
    if not first and not last:
        return 0, length
    if not first:
        start, stop = max(0, length - int(last)), length
    else:
        start, stop = int(first), min(length, int(last) + 1) if last else length
        if last and int(last) < start:
            return 0, length
    return (start, stop) if start < stop else None


def _tag(opened: OpenDocument) -> str:
    # The bytes under one identifier and revision never change, whatever key they lie under.
    return f'"{opened.document_id.hex}-{opened.revision}"'
