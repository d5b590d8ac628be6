"""Files of every kind, made by the libraries that read them."""

from __future__ import annotations

import io
import os
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
