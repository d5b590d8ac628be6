"""Files of every kind, made by the libraries that read them."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from functools import cache
from typing import Any

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject


@cache
def pdf(*, javascript: str = "", password: str = "", embedded: bool = False) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if javascript:
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
            {
                NameObject("/S"): NameObject("/JavaScript"),
                NameObject("/JS"): TextStringObject(javascript),
            }
        )
    if embedded:
        writer.add_attachment("evil.exe", b"MZ")
    if password:
        writer.encrypt(password)
    kept = io.BytesIO()
    writer.write(kept)
    return kept.getvalue()


def picture(size: tuple[int, int], kind: str, *, noise: bool = False, **options: Any) -> bytes:
    image = (
        Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
        if noise
        else Image.new("RGB", size, "teal")
    )
    kept = io.BytesIO()
    image.save(kept, kind, **options)
    return kept.getvalue()


@cache
def jpeg(width: int = 40, height: int = 30) -> bytes:
    return picture((width, height), "JPEG")


@cache
def png(width: int = 40, height: int = 30) -> bytes:
    return picture((width, height), "PNG")


def odt(
    mimetype: bytes = b"application/vnd.oasis.opendocument.text",
    *,
    first: bool = True,
    **entries: bytes,
) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        if not first:
            archive.writestr("content.xml", b"<office:document-content/>")
        archive.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        if first:
            archive.writestr("content.xml", b"<office:document-content/>")
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return kept.getvalue()


FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
"""Of compound files: no entry, end of a chain, a sector of the allocation table."""


@cache
def doc(*, macros: bool = False, locked: bool = False) -> bytes:
    """The smallest text of Word 97: a header, its table, a directory, eight sectors of text."""
    text = b"\xec\xa5" + bytes(9) + bytes([locked]) + bytes(4084)
    directory = (
        _entry("Root Entry", 5, child=1)
        + _entry("WordDocument", 2, right=2 if macros else FREE, start=2, size=len(text))
        + (_entry("Macros", 1) if macros else b"")
    )
    table = struct.pack("<10I", FAT, END, *range(3, 10), END)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0)
    header += struct.pack("<IIIIII", 4096, END, 0, END, 0, 0)
    sectors = (header.ljust(512, b"\xff"), table.ljust(512, b"\xff"), directory.ljust(512, b"\0"))
    return b"".join(sectors) + text


def _entry(
    name: str, kind: int, *, right: int = FREE, child: int = FREE, start: int = 0, size: int = 0
) -> bytes:
    written = name.encode("utf-16-le")
    head = written.ljust(64, b"\0") + struct.pack("<H", len(written) + 2)
    tree = struct.pack("<BBIII", kind, 1, FREE, right, child)
    return (head + tree + bytes(36) + struct.pack("<IQ", start, size)).ljust(128, b"\0")
