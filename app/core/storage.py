"""Where files of families lie: outside ``static/``, under keys that the server makes.

``STORAGE_URL`` says where: « file:///srv/portail/files », or « s3://bucket?endpoint=…&region=… ». A file is there whole or not at all.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from flask import current_app

from app.core.errors import Refusal
from app.core.text import N_

KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{40}")


class StorageAway(Refusal):
    """The disk is full, or the storage does not answer: nothing was kept."""

    status = 503
    text = N_("The file could not be kept for the moment. Try again in a few minutes.")


class FileMissing(Refusal):
    """No file lies under this key."""

    status = 404
    text = N_("This file does not exist, or no longer exists.")


class Storage(Protocol):
    """Whole files under keys of ``new_key``."""

    def put(self, key: str, content: bytes) -> None:
        """Keep ``content``, whole or not at all. Raises StorageAway."""

    def read(self, key: str) -> bytes:
        """What ``put`` was given. Raises FileMissing, StorageAway."""

    def delete(self, key: str) -> None:
        """Forget the file; nothing happens if there is none. Raises StorageAway."""

    def exists(self, key: str) -> bool:
        """Whether a file lies there."""

    def keys(self) -> Iterator[tuple[str, datetime]]:
        """Every key with the instant at which it was kept, by the real clock."""


def new_key() -> str:
    """A key that nobody guesses and no name of a family is in."""
    name = secrets.token_hex(20)
    return f"{name[:2]}/{name}"


def storage() -> Storage:
    """The storage of this deployment."""
    return open_storage(current_app.config["STORAGE_URL"])


def open_storage(url: str) -> Storage:
    """The storage at ``url``; ValueError for an address that is none."""
    parts = urlsplit(url)
    if parts.scheme == "s3":
        from app.core.storage_s3 import S3Storage  # boto3 is heavy: only where it serves

        return S3Storage(url)
    if parts.scheme != "file" or parts.netloc:
        raise ValueError("STORAGE_URL: « file:///an/absolute/folder »")
    return FolderStorage(Path(unquote(parts.path)))


class FolderStorage:
    """A folder of this machine. The temporary file lies beside, so that renaming is atomic."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, content: bytes) -> None:
        """Written beside, flushed to the disk, then renamed."""
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write_whole(path, content)
        except OSError as error:
            raise StorageAway from error

    def _write_whole(self, path: Path, content: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except OSError:
            with suppress(FileNotFoundError):
                os.unlink(name)
            raise
        _flush_folder(path.parent)

    def read(self, key: str) -> bytes:
        """The whole file: 2 MB at most."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise FileMissing from error
        except OSError as error:
            raise StorageAway from error

    def delete(self, key: str) -> None:
        """Twice is once."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StorageAway from error

    def exists(self, key: str) -> bool:
        """Whether a file lies there."""
        return self._path(key).is_file()

    def keys(self) -> Iterator[tuple[str, datetime]]:
        """Every file kept; unfinished ones are not."""
        for path in self.folder.glob("*/*"):
            key = f"{path.parent.name}/{path.name}"
            if KEY.fullmatch(key):
                yield key, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError(f"not a key of this server: {key!r}")
        return self.folder / key


def _flush_folder(folder: Path) -> None:
    """The new name itself must outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
