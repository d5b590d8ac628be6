"""Every bad file of the issue, and the good ones made smaller (D8)."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from typing import Any

import olefile
import pytest
from PIL import Image, ImageOps

from app.documents import errors, files
from tests.documents.samples import doc, jpeg, odt, pdf, picture, png

SCRIPT = b'<office:document-content><office:script language="Basic"/></office:document-content>'


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.jpg", jpeg(), "image/jpeg"),
        ("A.JPEG", jpeg(), "image/jpeg"),
        ("a.png", png(), "image/png"),
        ("a.pdf", pdf(), "application/pdf"),
        ("a.odt", odt(), "application/vnd.oasis.opendocument.text"),
    ],
)
def test_the_kinds_of_the_faq_are_taken(name: str, content: bytes, kind: str) -> None:
    found = files.check(name, content)
    assert (found.name, found.content_type) == (name, kind)


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("a.exe", b"MZ", errors.WrongKind),
        ("a", pdf(), errors.WrongKind),
        (".pdf", pdf(), errors.WrongKind),
        ("", pdf(), errors.WrongKind),
        ("a.pdf.html", pdf(), errors.WrongKind),
        ("a.pdf", b"", errors.EmptyFile),
        ("a.jpg", b"", errors.EmptyFile),
        ("a.pdf", jpeg(), errors.NotWhatItSays),
        ("a.jpg", pdf(), errors.NotWhatItSays),
        ("a.jpg", png(), errors.NotWhatItSays),
        ("a.png", jpeg(), errors.NotWhatItSays),
        ("a.odt", pdf(), errors.NotWhatItSays),
        ("a.pdf", odt(), errors.NotWhatItSays),
        ("a.doc", odt(), errors.NotWhatItSays),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), errors.NotWhatItSays),
        ("a.odt", odt(b"application/zip"), errors.NotWhatItSays),
        ("a.odt", odt(first=False), errors.NotWhatItSays),
        ("a.jpg", jpeg()[:200], errors.NotWhatItSays),
        ("a.pdf", pdf()[:60], errors.NotWhatItSays),
        ("a.pdf", pdf(javascript="app.alert(1)"), errors.ActiveContent),
        ("a.pdf", pdf(embedded=True), errors.ActiveContent),
        ("a.pdf", pdf(password="secret"), errors.Locked),
        ("a.odt", odt(Basic__Standard_xml=b"<x/>"), errors.ActiveContent),
        ("a.odt", odt(Scripts__evil=b"x"), errors.ActiveContent),
        ("a.odt", odt(styles_xml=SCRIPT), errors.ActiveContent),
        ("a.odt", odt(bomb=bytes(60_000_000)), errors.Bomb),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value)[:24],
)
def test_what_is_not_taken_is_named(
    name: str, content: bytes, refusal: type[errors.FileRefused]
) -> None:
    with pytest.raises(refusal):
        files.check(name, content)


def test_sizes_stop_at_the_byte() -> None:
    with pytest.raises(errors.TooLarge):
        files.check("a.pdf", pdf() + bytes(files.KEPT_BYTES + 1 - len(pdf())))
    whole = pdf() + b"\n" * (files.KEPT_BYTES - len(pdf()))
    assert len(files.check("a.pdf", whole).content) == files.KEPT_BYTES
    photo = jpeg() + bytes(files.PICTURE_BYTES - len(jpeg()))
    assert files.check("a.jpg", photo).content
    with pytest.raises(errors.PictureTooLarge):
        files.check("a.jpg", photo + b"0")


def test_a_size_that_lies_in_the_archive_does_not_pass() -> None:
    """The directory of the archive says 10 bytes, the entry unfolds to 60 MB."""
    content = odt(bomb=bytes(60_000_000))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        real = archive.getinfo("bomb").file_size
    lying = content.replace(real.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != content
    with pytest.raises(errors.FileRefused):
        files.check("a.odt", lying)


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_opened() -> None:
    with pytest.raises(errors.TooManyPixels):
        files.check("a.png", picture((9000, 9000), "PNG"))
    with pytest.raises(errors.TooManyPixels):
        files.check("a.png", picture((20_000, 20_000), "PNG"))


def test_a_large_photo_is_reduced_and_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the telephone upright
    photo = picture((3600, 2400), "JPEG", noise=True, quality=85, exif=exif)
    assert files.KEPT_BYTES < len(photo) < files.PICTURE_BYTES
    kept = files.check("photo.jpg", photo)
    assert len(kept.content) <= files.KEPT_BYTES
    with Image.open(io.BytesIO(kept.content)) as image:
        assert image.height > image.width
        assert not image.getexif()


@pytest.mark.parametrize(("at", "value"), [(41, 0), (43, 5), (86, 1)])
def test_what_a_camera_wrote_wrongly_stops_no_photo(at: int, value: int) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x8825] = "Maker", 6, {1: "N", 2: (1.0, 2.0, 3.0)}
    photo = bytearray(picture((60, 40), "JPEG", exif=exif))
    photo[at] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert b"Exif" not in files.check("a.jpg", bytes(photo)).content


@pytest.mark.parametrize("held", range(1, 9))
def test_a_photo_stands_upright_however_the_camera_was_held(held: int) -> None:
    drawn = Image.new("L", (60, 40), 10)
    drawn.paste(200, (0, 0, 30, 20))
    exif = Image.Exif()
    exif[0x0112] = held
    photo = io.BytesIO()
    drawn.save(photo, "PNG", exif=exif)
    with (
        Image.open(photo) as sent,
        Image.open(io.BytesIO(files.check("a.png", photo.getvalue()).content)) as kept,
    ):
        wanted = ImageOps.exif_transpose(sent)
        assert (kept.size, kept.tobytes()) == (wanted.size, wanted.tobytes())


def test_a_real_text_of_word_is_taken_and_one_with_macros_or_a_password_is_not() -> None:
    assert files.check("a.doc", doc()).content_type == "application/msword"
    with pytest.raises(errors.ActiveContent):
        files.check("a.doc", doc(macros=True))
    with pytest.raises(errors.Locked):
        files.check("a.doc", doc(locked=True))
    for wrong in ("a.pdf", "a.odt", "a.jpg"):
        with pytest.raises(errors.NotWhatItSays):
            files.check(wrong, doc())


def test_a_doc_whose_folders_hold_each_other_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(self: Any, **options: bool) -> list[Any]:
        return endless(self)

    monkeypatch.setattr(olefile.OleFileIO, "listdir", endless)
    with pytest.raises(errors.NotWhatItSays):
        files.check("a.doc", doc())


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ('<x:event-listener x:language="ooo:script"/>', errors.ActiveContent),
        ("<o:script>a</o:script>", errors.ActiveContent),
        ("<office:scripts/>", None),
    ],
)
def test_a_script_is_found_by_any_prefix_and_in_no_other_alphabet(
    text: str, refusal: type[errors.FileRefused] | None
) -> None:
    if refusal is None:
        assert files.check("a.odt", odt(styles_xml=text.encode())).name == "a.odt"
        return
    with pytest.raises(refusal):
        files.check("a.odt", odt(styles_xml=text.encode()))
    for alphabet in ("utf-16", "utf-16-le"):
        with pytest.raises(errors.NotWhatItSays):
            files.check("a.odt", odt(styles_xml=text.encode(alphabet)))


def test_the_place_and_every_other_mark_of_the_camera_are_dropped() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Telephone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (45.0, 12.0, 3.0)
    photo = picture((60, 40), "JPEG", exif=exif, comment=b"chez nous")
    assert b"Telephone" in photo
    kept = files.check("a.jpg", photo).content
    assert b"Exif" not in kept
    assert b"chez nous" not in kept


def test_a_transparent_png_too_large_becomes_a_jpeg_on_white() -> None:
    image = Image.frombytes("RGBA", (1200, 1200), os.urandom(1200 * 1200 * 4))
    sent = io.BytesIO()
    image.save(sent, "PNG")
    kept = files.check("scan.png", sent.getvalue())
    assert (kept.name, kept.content_type) == ("scan.jpg", "image/jpeg")
    assert len(kept.content) <= files.KEPT_BYTES


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\Camille\\scan.pdf", "scan.pdf"),
        ("a\x00b.pdf", "ab.pdf"),
        ("invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"),
        ("\u200fétat civil.pdf", "état civil.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("é" * 300 + ".pdf", "é" * 116 + ".pdf"),
        ("..", "document"),
    ],
)
def test_names_are_only_shown(name: str, shown: str) -> None:
    assert files.clean_name(name) == shown


class _Doc:
    """What olefile would read of a text of Word."""

    def __init__(self, streams: list[list[str]], header: bytes) -> None:
        self.streams, self.header = streams, header

    def __enter__(self) -> _Doc:
        return self

    def __exit__(self, *rest: Any) -> None:
        return None

    def listdir(self, **options: bool) -> list[list[str]]:
        return self.streams

    def openstream(self, name: str) -> io.BytesIO:
        return io.BytesIO(self.header)


@pytest.mark.parametrize(
    ("streams", "header", "refusal"),
    [
        ([["WordDocument"], ["1Table"]], b"\xec\xa5" + bytes(30), None),
        ([["WordDocument"], ["Macros", "VBA"]], b"\xec\xa5" + bytes(30), errors.ActiveContent),
        ([["WordDocument"], ["ObjectPool"]], b"\xec\xa5" + bytes(30), errors.ActiveContent),
        ([["WordDocument"]], b"\xec\xa5" + bytes(9) + b"\x01" + bytes(20), errors.Locked),
        ([["WordDocument"]], b"MZ" + bytes(30), errors.NotWhatItSays),
    ],
)
def test_a_doc_is_read_by_its_streams(
    monkeypatch: pytest.MonkeyPatch,
    streams: list[list[str]],
    header: bytes,
    refusal: type[errors.FileRefused] | None,
) -> None:
    monkeypatch.setattr(olefile, "isOleFile", lambda **more: True)
    monkeypatch.setattr(olefile, "OleFileIO", lambda file: _Doc(streams, header))
    if refusal is None:
        assert files.check("a.doc", b"x").content_type == "application/msword"
    else:
        with pytest.raises(refusal):
            files.check("a.doc", b"x")
