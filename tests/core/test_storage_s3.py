"""The object storage, against a server that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.core.storage import FileMissing, StorageAway, new_key, open_storage
from app.core.storage_s3 import S3Storage

BUCKET = "portail-essai"
pytestmark = pytest.mark.processes  # real time: signatures carry it


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "only")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=BUCKET)
    try:
        yield f"s3://{BUCKET}?endpoint={endpoint}&region=us-east-1"
    finally:
        server.stop()


def test_a_file_is_kept_read_listed_and_forgotten(url: str) -> None:
    files = open_storage(url)
    assert isinstance(files, S3Storage)
    key = new_key()
    files.put(key, b"\x00page")
    assert files.exists(key)
    assert files.read(key) == b"\x00page"
    ((listed, kept_at),) = files.keys()
    assert listed == key
    assert kept_at.tzinfo is not None
    assert kept_at.astimezone(UTC).year >= 2026
    files.delete(key)
    files.delete(key)
    assert not files.exists(key)
    with pytest.raises(FileMissing):
        files.read(key)


def test_a_bucket_that_is_not_there_is_a_storage_away(url: str) -> None:
    files = open_storage(url.replace(BUCKET, "ailleurs"))
    with pytest.raises(StorageAway):
        files.put(new_key(), b"x")


def test_a_server_that_does_not_answer_is_a_storage_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "only")
    files = open_storage(f"s3://{BUCKET}?endpoint=http://127.0.0.1:9&region=us-east-1")
    with pytest.raises(StorageAway):
        files.put(new_key(), b"x")


def test_only_keys_of_the_server_are_taken(url: str) -> None:
    for key in ("../etc/passwd", "ab/x", ""):
        with pytest.raises(ValueError, match="not a key"):
            open_storage(url).read(key)


@pytest.mark.parametrize("wrong", ["s3://", "s3://bucket?port=3", "ftp://host/x", "file://host/x"])
def test_a_wrong_address_is_said(wrong: str) -> None:
    with pytest.raises(ValueError, match="STORAGE_URL"):
        open_storage(wrong)
