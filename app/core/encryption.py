"""Sealing of health data: AES-GCM, the row as associated data, a key id for rotation (facts.md).

A sealed value is one byte of key number, 12 bytes of nonce, then the text with its tag. It opens
only for the place it was sealed for (« year_file:12 »): copied into another row, it opens nothing.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

NONCE_BYTES = 12
KEY_BYTES = 32


class CannotOpen(RuntimeError):
    """The value was sealed for another place, with a key that is gone, or was changed since."""


class BadKeys(ValueError):
    """HEALTH_KEYS is not « number:key,number:key »."""


def seal(value: bytes, place: str) -> bytes:
    """``value`` sealed for ``place`` with the newest key."""
    number, key = max(_keys().items())
    nonce = os.urandom(NONCE_BYTES)
    return bytes([number]) + nonce + AESGCM(key).encrypt(nonce, value, place.encode())


def unseal(sealed: bytes, place: str) -> bytes:
    """What ``seal`` was given. Raises CannotOpen."""
    key = _keys().get(sealed[0])
    if key is None:
        raise CannotOpen(f"{place}: no key {sealed[0]}")
    nonce, text = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, text, place.encode())
    except InvalidTag as error:
        raise CannotOpen(place) from error


def seal_json(value: Mapping[str, Any], place: str) -> bytes:
    """A mapping, JSON-ready, sealed."""
    return seal(json.dumps(value, ensure_ascii=False).encode(), place)


def unseal_json(sealed: bytes | None, place: str) -> dict[str, Any]:
    """What ``seal_json`` was given; nothing for None. Raises CannotOpen."""
    opened: dict[str, Any] = json.loads(unseal(sealed, place)) if sealed else {}
    return opened


def _keys() -> Mapping[int, bytes]:
    return parse_keys(current_app.config["HEALTH_KEYS"])


@lru_cache(maxsize=8)
def parse_keys(text: str) -> Mapping[int, bytes]:
    """« 1:base64,2:base64 » → number → key of 32 bytes. Raises BadKeys."""
    keys: dict[int, bytes] = {}
    for part in text.split(","):
        number, key = _key(part)
        if number in keys:
            raise BadKeys(f"two keys have the number {number}")
        keys[number] = key
    return keys


def _key(part: str) -> tuple[int, bytes]:
    number, _, encoded = part.strip().partition(":")
    try:
        found = int(number), base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise BadKeys("« number:32 bytes in base64 »") from error
    if len(found[1]) != KEY_BYTES or not 0 < found[0] < 256:
        raise BadKeys("32 bytes, number from 1 to 255")
    return found


def new_key() -> str:
    """A first key, in the form of ``parse_keys``."""
    return f"1:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"
