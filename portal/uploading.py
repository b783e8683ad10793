"""Files of a form are sealed while they come in: no temporary file, no more of them in memory than one piece.

Django would keep in memory what is small and spool the rest to a file, in clear. Its handlers are chosen for all views,
because the check against forgery reads the form before any view runs: ours asks the view that is about to answer what
it takes files for (:func:`takes_files`), and hands the pieces to that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from portal.acting import Visit
from records.receiving import Upload

_BEGINS = "begins_upload"
_UNSAID = "application/octet-stream"

P = ParamSpec("P")
View = Callable[Concatenate[Visit, P], HttpResponseBase]
Begin = Callable[Concatenate[Visit, P], Upload]


def takes_files(begin: Begin[P]) -> Callable[[View[P]], View[P]]:
    """Mark a view as one that takes files.

    Args:
        begin: called for each file with the arguments of the view, before the view; it goes through a door
            (``records.receiving.begin_upload``), and what it raises is raised again by :meth:`SealedFile.finish`.
    """

    def mark(view: View[P]) -> View[P]:
        @wraps(view)
        def marked(request: Visit, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            return view(request, *args, **kwargs)

        setattr(marked, _BEGINS, begin)
        return marked

    return mark


def takes(view: Callable[..., object]) -> bool:
    """Whether this view takes files (:func:`takes_files`)."""
    return hasattr(view, _BEGINS)


class SealedFile(UploadedFile):
    """A file of ``request.FILES`` whose content is already sealed; there is nothing to read.

    What the view does not :meth:`finish` is gone when the request ends.
    """

    def __init__(self, upload: Upload | None, failure: Exception | None, **named: Any) -> None:
        super().__init__(**named)
        self._upload = upload
        self._failure = failure

    def __repr__(self) -> str:
        return "<SealedFile>"

    def finish(self) -> UUID:
        """Stage the document; its identifier.

        Raises:
            Exception: what kept it from being taken in: a refusal of the door, no room, the store away.
        """
        if self._upload is None or self._failure is not None:
            raise self._failure or ValueError("upload: expected one that began")
        return self._upload.finish(name=self.name or "", media_type=self.content_type or _UNSAID)

    def close(self) -> None:
        """Leave nothing of it, unless it was finished."""
        if self._upload is not None:
            self._upload.abandon()


class SealingUploadHandler(FileUploadHandler):
    """Seals the files of views that take files; those of other views are left to the next handler."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._taking = False
        self._upload: Upload | None = None
        self._failure: Exception | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin to seal, if the view takes files."""
        super().new_file(*args, **kwargs)
        self._taking, self._upload, self._failure = False, None, None
        match = self.request.resolver_match if self.request is not None else None
        begin = getattr(match.func, _BEGINS, None) if match is not None else None
        if match is None or begin is None:
            return
        self._taking = True
        try:
            self._upload = begin(self.request, *match.args, **match.kwargs)
        except Exception as failure:  # raised again where the view can answer it
            self._failure = failure
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:  # noqa: ARG002
        """Seal one piece; after a failure the rest of the file goes by unread."""
        if not self._taking:
            return raw_data
        if self._upload is not None and self._failure is None:
            try:
                self._upload.write(raw_data)
            except Exception as failure:  # raised again where the view can answer it
                self._failure = failure
                self._upload.abandon()
        return None

    def file_complete(self, file_size: int) -> SealedFile | None:
        """The file as the view finds it."""
        if not self._taking:
            return None
        return SealedFile(
            self._upload, self._failure, name=self.file_name, content_type=self.content_type, size=file_size
        )

    def upload_interrupted(self) -> None:
        """Leave nothing of a file whose sender went away."""
        if self._upload is not None:
            self._upload.abandon()
