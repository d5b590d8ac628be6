"""Sealed values open in their own place, with their own key, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core import encryption
from app.core.encryption import CannotOpen


@pytest.fixture
def keys() -> Iterator[Flask]:
    app = Flask(__name__)
    app.config["HEALTH_KEYS"] = encryption.new_key()
    with app.app_context():
        yield app


def test_a_value_opens_in_its_place_alone(keys: Flask) -> None:
    sealed = encryption.seal_json({"allergies": "arachide"}, "year_file:12")
    assert b"arachide" not in sealed
    assert encryption.unseal_json(sealed, "year_file:12") == {"allergies": "arachide"}
    with pytest.raises(CannotOpen):
        encryption.unseal_json(sealed, "year_file:13")


def test_a_changed_byte_opens_nothing(keys: Flask) -> None:
    sealed = bytearray(encryption.seal(b"x", "here"))
    sealed[-1] ^= 1
    with pytest.raises(CannotOpen):
        encryption.unseal(bytes(sealed), "here")


def test_a_new_key_seals_and_the_old_one_still_opens(keys: Flask) -> None:
    old = encryption.seal(b"x", "here")
    newer = "2:" + encryption.new_key().partition(":")[2]
    keys.config["HEALTH_KEYS"] += f",{newer}"
    assert encryption.seal(b"x", "here")[0] == 2
    assert encryption.unseal(old, "here") == b"x"
    keys.config["HEALTH_KEYS"] = newer
    with pytest.raises(CannotOpen):
        encryption.unseal(old, "here")


def test_nothing_sealed_is_nothing(keys: Flask) -> None:
    assert encryption.unseal_json(None, "here") == {}


KEY = encryption.new_key().partition(":")[2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        KEY,
        f"0:{KEY}",
        f"256:{KEY}",
        f"1:{KEY[:-8]}",
        "1:é",
        f"1:{KEY},",
        f"1:{KEY},1:{KEY}",
    ],
    ids=[
        "nothing",
        "a word",
        "no number",
        "nought",
        "too large",
        "short",
        "an accent",
        "a comma more",
        "twice",
    ],
)
def test_keys_that_cannot_seal_are_refused(text: str) -> None:
    with pytest.raises(encryption.BadKeys):
        encryption.parse_keys(text)
