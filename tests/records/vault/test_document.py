"""Format 0x02: published and own vectors, any part of any size, nothing changed, cut, added or moved opens."""

import hashlib
import io
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
import tink
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from records.vault.cipher import Flaw, Subkeys, Unreadable
from records.vault.document import FRAME, LEAST, open_document, seal_document, sealed_size, version_of
from records.vault.envelope import Place, subkey
from records.vault.stream import SEGMENT, StreamReader, StreamWriter, draw_header, stream_size

VECTORS = Path(__file__).parents[2] / "vectors"
KEY = bytes(range(32))
PLACE = Place("document", UUID(int=1), "imaging", UUID(int=2), 1)
KEYS = Subkeys.derive(KEY, 1, "document", "imaging")
FIRST = SEGMENT - 40 - 16
FULL = SEGMENT - 16
EDGES = [0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + FULL - 1, FIRST + FULL, FIRST + FULL + 1, FIRST + 3 * FULL]

streaming_aead.register()


def read(name: str) -> dict:
    return json.loads((VECTORS / name).read_text())


def shake(length: int) -> bytes:
    return hashlib.shake_128(b"").digest(length)


def part_of(blob: bytes, start: int, stop: int) -> bytes:
    return blob[start:stop]


def sealed(plaintext: bytes, place: Place = PLACE, keys: Subkeys = KEYS, **given: bytes) -> bytes:
    out = bytearray()
    writer = seal_document(keys, place, out.extend, **given)
    writer.write(plaintext)
    writer.close()
    return bytes(out)


def opened(blob: bytes, place: Place = PLACE, keys: Subkeys = KEYS) -> bytes:
    def by_version(version: int) -> Subkeys:
        if version != keys.key_version:
            raise Unreadable(Flaw.UNKNOWN_KEY)
        return keys

    reader = open_document(by_version, place, partial(part_of, blob), len(blob))
    return reader.read(0, reader.length)


def refused(blob: bytes, place: Place = PLACE, keys: Subkeys = KEYS) -> Flaw:
    with pytest.raises(Unreadable) as caught:
        opened(blob, place, keys)
    assert str(caught.value) == "The sealed data could not be opened."
    assert caught.value.__cause__ is None
    return caught.value.flaw


@pytest.mark.parametrize("vector", read("hkdf_sha256.json")["vectors"])
def test_hkdf_published_vectors(vector: dict) -> None:
    ikm, salt, info, okm = (bytes.fromhex(vector[name]) for name in ("ikm", "salt", "info", "okm"))
    assert HKDF(algorithm=SHA256(), length=len(okm), salt=salt or None, info=info).derive(ikm) == okm


TINK = read("tink_aes256_gcm_hkdf_streaming.json")


@pytest.mark.parametrize("vector", TINK["vectors"] + TINK["large_vectors"])
def test_streams_that_tink_reads(vector: dict) -> None:
    key, aad, salt, prefix = (bytes.fromhex(vector[name]) for name in ("ikm", "aad", "salt", "nonce_prefix"))
    segment = vector["ciphertext_segment_size"]
    plaintext = bytes.fromhex(vector["plaintext"]) if "plaintext" in vector else shake(vector["plaintext_len"])
    out = bytearray()
    writer = StreamWriter(key, aad, out.extend, header=b"\x28" + salt + prefix, segment=segment)
    for at in range(0, len(plaintext), 7_001):
        writer.write(plaintext[at : at + 7_001])
    writer.close()
    stream = bytes(out)
    if "ciphertext" in vector:
        assert stream == bytes.fromhex(vector["ciphertext"])
    else:
        assert hashlib.sha256(stream).hexdigest() == vector["ciphertext_sha256"]
    assert len(stream) == stream_size(len(plaintext), segment)
    reader = StreamReader(key, aad, partial(part_of, stream), len(stream), segment=segment)
    assert reader.read(0, reader.length) == plaintext


@pytest.mark.parametrize("vector", read("document_format_0x02.json")["documents"])
def test_own_vectors(vector: dict) -> None:
    place = Place(
        "document",
        UUID(vector["patient_id"]),
        vector["category"],
        UUID(vector["object_id"]),
        vector["revision"],
    )
    key = bytes.fromhex(vector["patient_key"])
    keys = Subkeys.derive(key, vector["key_version"], "document", vector["category"])
    assert subkey(key, "document-enc", vector["category"]).hex() == vector["enc_subkey"]
    assert place.aad(vector["key_version"]).hex() == vector["aad"]
    plaintext = shake(vector["plaintext_len"])
    blob = sealed(
        plaintext, place, keys, header=b"\x28" + bytes.fromhex(vector["salt"]) + bytes.fromhex(vector["nonce_prefix"])
    )
    assert (len(blob), hashlib.sha256(blob).hexdigest()) == (vector["blob_len"], vector["blob_sha256"])
    assert blob[:77].hex() == vector["header_77_bytes"]
    assert opened(blob, place, keys) == plaintext
    assert version_of(blob[:FRAME]) == vector["key_version"]


def tink_reader() -> streaming_aead.StreamingAead:
    """Tink itself, given the subkey of one drawer and told nothing of Carnet."""
    params = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=SEGMENT, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        version=0, params=params, key_value=subkey(KEY, "document-enc", "imaging")
    )
    data = tink_pb2.KeyData(
        type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
        value=key.SerializeToString(),
        key_material_type=tink_pb2.KeyData.SYMMETRIC,
    )
    keyset = tink_pb2.Keyset(
        primary_key_id=1,
        key=[tink_pb2.Keyset.Key(key_data=data, status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)],
    )
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


@pytest.mark.parametrize("length", EDGES)
def test_tink_itself_opens_our_bodies_and_we_open_its_streams(length: int) -> None:
    plaintext, reader = shake(length), tink_reader()
    body = io.BytesIO(sealed(plaintext)[FRAME:])
    with reader.new_decrypting_stream(body, PLACE.aad(1)) as stream:
        assert stream.read() == plaintext
    theirs = io.BytesIO()
    theirs_close, theirs.close = theirs.close, lambda: None
    with reader.new_encrypting_stream(theirs, PLACE.aad(1)) as stream:
        stream.write(plaintext)
    stream_bytes = theirs.getvalue()
    theirs_close()
    ours = StreamReader(
        subkey(KEY, "document-enc", "imaging"), PLACE.aad(1), partial(part_of, stream_bytes), len(stream_bytes)
    )
    assert ours.read(0, ours.length) == plaintext


@pytest.mark.parametrize("length", EDGES)
def test_any_size_in_any_pieces(length: int) -> None:
    plaintext = shake(length)
    for piece in (1 << 20, 65_536, 65_535, 9_999):
        out = bytearray()
        writer = seal_document(KEYS, PLACE, out.extend)
        for at in range(0, length, piece):
            writer.write(memoryview(plaintext)[at : at + piece])
        writer.close()
        assert len(out) == sealed_size(length)
        assert opened(bytes(out)) == plaintext


PLAIN = shake(FIRST + 2 * FULL + 100)
BLOB = sealed(PLAIN)
READER = open_document(lambda _: KEYS, PLACE, partial(part_of, BLOB), len(BLOB))
NEAR_EDGES = st.one_of(
    st.integers(0, len(PLAIN) + 50), st.sampled_from([edge + step for edge in EDGES for step in (-1, 0, 1) if edge])
)


@given(NEAR_EDGES, NEAR_EDGES)
def test_a_range_is_the_slice(start: int, stop: int) -> None:
    assert READER.read(start, stop) == PLAIN[start:stop]


def test_every_bit_flip_of_a_small_document_is_refused() -> None:
    small = sealed(b'{"a page": 1}')
    flaws = set()
    for bit in range(len(small) * 8):
        changed = bytearray(small)
        changed[bit // 8] ^= 1 << (bit % 8)
        flaws.add(refused(bytes(changed)))
    assert flaws == {Flaw.FORMAT, Flaw.UNKNOWN_KEY, Flaw.COMMITMENT, Flaw.TAG}


def test_every_truncation_and_every_appended_byte_of_a_small_document_is_refused() -> None:
    small = sealed(b'{"a page": 1}')
    for length in range(len(small)):
        refused(small[:length])
    for byte in range(256):
        assert refused(small + bytes((byte,))) is Flaw.TAG
    assert refused(small[: LEAST - 1]) is Flaw.LENGTH


def test_a_flipped_bit_in_any_segment_is_refused() -> None:
    edges = [FRAME + number * SEGMENT + step for number in range(1, 4) for step in (-17, -16, -1, 0, 1)]
    for at in (*edges, FRAME + 40, len(BLOB) - 1):
        if at < len(BLOB):
            changed = bytearray(BLOB)
            changed[at] ^= 1
            assert refused(bytes(changed)) is Flaw.TAG


@pytest.mark.asvs("v5.0.0-11.2.5")
def test_cut_anywhere_it_does_not_even_begin() -> None:
    """A reader is made only when the end is right: nothing is released of a document that lost its end."""
    for length in (*range(LEAST + 2), *range(LEAST + 2, len(BLOB), 4_099), *edges_of(BLOB)):
        with pytest.raises(Unreadable):
            open_document(lambda _: KEYS, PLACE, partial(part_of, BLOB[:length]), length)


def edges_of(blob: bytes) -> list[int]:
    edges = [FRAME + number * SEGMENT for number in range(1, 4)]
    return [edge + step for edge in edges for step in (-1, 0, 1, 15, 16, 17) if 0 < edge + step < len(blob)]


@pytest.mark.parametrize("more", [1, 16, 17, 9_000, SEGMENT, SEGMENT + 1])
def test_what_follows_a_full_last_segment_is_refused_where_tink_would_ignore_it(more: int) -> None:
    full = sealed(shake(FIRST + FULL))
    assert (len(full) - FRAME) % SEGMENT == 0
    refused(full + bytes(more))
    refused(full + full[-more:])


def test_segments_moved_dropped_doubled_or_spliced_are_refused() -> None:
    frame, segments = BLOB[:FRAME], [BLOB[FRAME + at : FRAME + at + SEGMENT] for at in range(0, len(BLOB), SEGMENT)]
    segments = [segment for segment in segments if segment]
    other = sealed(PLAIN)
    for order in ([0, 2, 1, 3], [0, 1, 3], [0, 1, 1, 2, 3], [0, 2, 3], [1, 0, 2, 3]):
        refused(frame + b"".join(segments[number] for number in order))
    refused(BLOB[: FRAME + SEGMENT] + other[FRAME + SEGMENT :])
    refused(other[:FRAME] + BLOB[FRAME:])
    assert refused(frame + other[FRAME:]) is Flaw.COMMITMENT


@pytest.mark.parametrize(
    "moved",
    [
        replace(PLACE, owner=UUID(int=9)),
        replace(PLACE, object_id=UUID(int=9)),
        replace(PLACE, revision=4),
        replace(PLACE, category="laboratory"),
    ],
    ids=["patient", "object", "revision", "category"],
)
def test_moved_elsewhere_it_does_not_open(moved: Place) -> None:
    assert refused(BLOB, moved, Subkeys.derive(KEY, 1, "document", moved.category)) is Flaw.COMMITMENT


def test_under_another_key_or_version_it_does_not_open() -> None:
    assert refused(BLOB, keys=Subkeys.derive(bytes(32), 1, "document", "imaging")) is Flaw.COMMITMENT
    second = Subkeys.derive(KEY, 2, "document", "imaging")
    assert refused(BLOB, keys=second) is Flaw.UNKNOWN_KEY
    assert refused(BLOB[:1] + (2).to_bytes(4, "big") + BLOB[5:], keys=second) is Flaw.COMMITMENT


def test_subkeys_of_another_kind_are_a_mistake_of_the_programmer() -> None:
    with pytest.raises(ValueError, match="these subkeys are of"):
        seal_document(Subkeys.derive(KEY, 1, "record", "imaging"), PLACE, bytearray().extend)


@pytest.mark.asvs("v5.0.0-11.3.4")
def test_headers_never_repeat_and_a_closed_writer_writes_no_more() -> None:
    assert len({draw_header() for _ in range(10_000)}) == 10_000
    writer = seal_document(KEYS, PLACE, bytearray().extend)
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.close()
    assert repr(writer) == "<StreamWriter>"
    assert repr(READER) == "<StreamReader>"
