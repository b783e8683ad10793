"""What a process that draws is given, and how it opens it: subkeys of one drawer, a place, sealed bytes.

Four bytes with the length of a JSON object (subkeys and place), the object, the sealed bytes.
"""

from __future__ import annotations

from uuid import UUID

import simplejson

from records.formats.child import HEAD_BYTES
from records.formats.refusals import Unfit
from records.vault.cipher import Subkeys, Unreadable
from records.vault.document import open_document
from records.vault.envelope import Place


def packed(keys: Subkeys, place: Place, sealed: bytes) -> bytes:
    """The input of a process that draws."""
    _maker, (kind, category, version, enc, commit) = keys.__reduce__()
    told = {
        "keys": [kind, category, version, enc.hex(), commit.hex()],
        "place": [place.kind, place.owner.hex, place.category, place.object_id.hex, place.revision],
    }
    head = simplejson.dumps(told).encode()
    return b"".join((len(head).to_bytes(HEAD_BYTES, "big"), head, sealed))


def opened(raw: bytes) -> bytes:
    """The document in the input of a process that draws.

    Raises:
        Unfit: it does not open with these keys in this place.
    """
    end = HEAD_BYTES + int.from_bytes(raw[:HEAD_BYTES], "big")
    told, sealed = simplejson.loads(raw[HEAD_BYTES:end]), memoryview(raw)[end:]
    kind, category, version, enc, commit = told["keys"]
    keys = Subkeys(kind, category, version, bytes.fromhex(enc), bytes.fromhex(commit))
    sort, owner, drawer, object_id, revision = told["place"]
    place = Place(sort, UUID(owner), drawer, UUID(object_id), revision)
    try:
        reader = open_document(lambda _version: keys, place, lambda start, stop: bytes(sealed[start:stop]), len(sealed))
        return b"".join(reader.pieces())
    except Unreadable:
        raise Unfit("fault") from None
