"""Files in an object storage that speaks S3, any provider's.

``STORAGE_URL=s3://bucket?endpoint=https://s3.example&region=fr-par``; the keys are taken where boto3
looks (``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY`` of the environment, or its own files).
Imported only where such an address is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.core.storage import KEY, FileMissing, StorageAway

GONE = {"404", "NoSuchKey"}
ANSWER_SECONDS = 10
"""A page is waiting."""


class S3Storage:
    """A bucket; an object is there whole or not at all, by the storage's own promise."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        asked = parse_qs(parts.query)
        self.bucket = parts.netloc
        if not self.bucket or set(asked) - {"endpoint", "region"}:
            raise ValueError("STORAGE_URL: « s3://bucket?endpoint=https://…&region=… »")
        self.client = boto3.client(
            "s3",
            endpoint_url=asked.get("endpoint", [None])[0],
            region_name=asked.get("region", [None])[0],
            config=Config(
                connect_timeout=ANSWER_SECONDS,
                read_timeout=ANSWER_SECONDS,
                retries={"max_attempts": 2, "mode": "standard"},
            ),
        )

    def put(self, key: str, content: bytes) -> None:
        """Sent with its checksum, which the storage verifies."""
        with _named():
            self.client.put_object(
                Bucket=self.bucket, Key=_checked(key), Body=content, ChecksumAlgorithm="SHA256"
            )

    def read(self, key: str) -> bytes:
        """The whole object."""
        with _named():
            found = self.client.get_object(Bucket=self.bucket, Key=_checked(key))
            content: bytes = found["Body"].read()
            return content

    def delete(self, key: str) -> None:
        """Twice is once."""
        with _named():
            self.client.delete_object(Bucket=self.bucket, Key=_checked(key))

    def exists(self, key: str) -> bool:
        """Whether an object lies there."""
        try:
            with _named():
                self.client.head_object(Bucket=self.bucket, Key=_checked(key))
        except FileMissing:
            return False
        return True

    def keys(self) -> Iterator[tuple[str, datetime]]:
        """Every key with the instant at which it was kept, a thousand a request."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        with _named():
            for page in pages:
                for one in page.get("Contents", ()):
                    if KEY.fullmatch(one["Key"]):
                        yield one["Key"], one["LastModified"]


def _checked(key: str) -> str:
    if not KEY.fullmatch(key):
        raise ValueError(f"not a key of this server: {key!r}")
    return key


@contextmanager
def _named() -> Iterator[None]:
    """What boto3 raises, by the storage's own names."""
    try:
        yield
    except ClientError as error:
        answer: dict[str, Any] = error.response.get("Error", {})
        raise (FileMissing if answer.get("Code") in GONE else StorageAway) from error
    except BotoCoreError as error:
        raise StorageAway from error
