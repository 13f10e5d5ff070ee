"""Verifies a Remit ledger over HTTP from the specifications alone: RFC 6962, c2sp.org/signed-note, tlog-checkpoint and
tlog-tiles. Of others' code it uses Ed25519.

usage: ledger.py URL TOKEN KEY [OLDER-CHECKPOINT]
"""

import base64
import hashlib
import json
import struct
import sys
import urllib.request

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256
url, token, vkey, *older = sys.argv[1:]


def fetch(path):
    request = urllib.request.Request(url + path, headers={"authorization": "Bearer " + token})
    with urllib.request.urlopen(request) as response:
        return response.read()


def leaf(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes):
    """MTH of RFC 6962, section 2.1, over leaves that are hashed already."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node(root_of(hashes[:split]), root_of(hashes[split:]))


def opened(signed):
    """The size and root of a checkpoint that the key has signed."""
    name, hash_, key = vkey.split("+", 2)
    key = base64.b64decode(key, validate=True)
    key_id = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    assert key[0] == 1 and key_id.hex() == hash_, "the key is none of Ed25519"
    text, signatures = signed.split(b"\n\n")
    text += b"\n"
    signature = None
    for line in signatures.decode().splitlines():
        dash, by, bytes_ = line.split(" ")
        bytes_ = base64.b64decode(bytes_, validate=True)
        if dash == "—" and by == name and bytes_[:4] == key_id:
            signature = bytes_[4:]
    assert signature, "the key has not signed it"
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature, text)
    origin, size, root = text.decode().splitlines()
    assert origin == name, origin
    return int(size), base64.b64decode(root, validate=True)


def address(level, index, width):
    parts = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"/ledger/tile/{level}/{'/'.join(parts)}{partial}"


def tiles(level, count):
    """Everything of a level, tile by tile: of so many in all."""
    for first in range(0, count, WIDTH):
        width = min(WIDTH, count - first)
        yield width, fetch(address(level, first // WIDTH, width))


def named(entry):
    """An entry, which names what it is about as its version does: a case, or a stream by kind and identifier."""
    told = json.loads(entry)
    if told["v"] == 1:
        assert "stream" not in told and told["case"], "an entry of version 1"
    else:
        kind, _, name = told["stream"].partition("/")
        assert told["v"] == 2 and "case" not in told and kind and name, "an entry of version 2"
    return entry


def entries(size):
    for width, bundle in tiles("entries", size):
        for _ in range(width):
            (length,) = struct.unpack_from(">H", bundle)
            assert len(bundle) >= 2 + length, "a bundle breaks off"
            yield named(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
        assert not bundle, "a bundle has more than its entries"


def levels(leaves):
    """Holds the published tiles against the entries, level by level."""
    hashes, level = leaves, 0
    while hashes:
        published = b"".join(tile for _, tile in tiles(level, len(hashes)))
        assert published == b"".join(hashes), f"tiles of level {level}"
        full = range(0, len(hashes) - len(hashes) % WIDTH, WIDTH)
        hashes, level = [root_of(hashes[at : at + WIDTH]) for at in full], level + 1
    return level


try:
    size, root = opened(fetch("/ledger/checkpoint"))
    leaves = [leaf(entry) for entry in entries(size)]
    assert root_of(leaves) == root, "the root"
    levels(leaves)
    if older:
        with open(older[0], "rb") as kept:
            size_then, root_then = opened(kept.read())
        assert size_then <= size and root_of(leaves[:size_then]) == root_then, "the beginning is another"
except Exception as error:
    print("refused:", type(error).__name__, error)
    sys.exit(1)
print("verified", size)
