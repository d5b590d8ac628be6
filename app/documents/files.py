"""Files that families give: checked by their content and made safe, before any query (D8).

No database, no web: ``check(name, content)`` gives a file that may be kept, or raises a named refusal.
"""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import olefile
from PIL import ExifTags, Image
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from app.documents.errors import (
    ActiveContent,
    Bomb,
    EmptyFile,
    Locked,
    NotWhatItSays,
    PictureTooLarge,
    TooLarge,
    TooManyPixels,
    WrongKind,
)

KEPT_BYTES = 2_000_000
"""No file kept is larger."""
PICTURE_BYTES = 12_000_000
"""A photo above ``KEPT_BYTES`` is reduced, up to here."""
MAX_PIXELS = 60_000_000
LONGEST_SIDE = 2000
"""Pixels: a page of A4 at about 170 dots per inch. A photo of 4,000 is then read at half its size, which is
four times less work and memory."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a camera was held (Exif 2.3, 4.6.4) → what turns the picture upright."""
QUALITIES = (85, 75, 65, 50, 35)
UNFOLDED_BYTES = 50_000_000
MAX_ENTRIES = 2_000
MAX_OBJECTS = 500_000
NAME_LENGTH = 120

PDF = "application/pdf"
ODT_TYPE = b"application/vnd.oasis.opendocument.text"
ACTIVE_ODT = re.compile(r"^(basic|scripts|object \d+)/|\.(exe|dll|js|vbs|bat|jar|class)$", re.I)
SCRIPT_ODT = re.compile(rb"<[\w.-]{1,60}:(event-listener|script)[\s/>]")
"""By any prefix: each file names its own."""
NOT_UTF8 = (b"\0", b"\xfe", b"\xff")
"""In no XML of UTF-8: in UTF-16 a script would not be found."""
ACTIVE_DOC = {"macros", "_vba_project_cur", "vba", "objectpool"}
ACTIVE_PDF = {
    "/JavaScript",
    "/JS",
    "/EmbeddedFiles",
    "/EmbeddedFile",
    "/Launch",
    "/RichMedia",
    "/XFA",
}
ACTIVE_ACTIONS = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/Rendition"}


@dataclass(frozen=True)
class CheckedFile:
    """A file that may be kept: its content was read and holds nothing active."""

    name: str
    content: bytes
    content_type: str


def check(name: str | None, content: bytes) -> CheckedFile:
    """The file that may be kept for what was sent. Raises FileRefused."""
    shown = clean_name(name or "")
    stem, dot, extension = shown.rpartition(".")
    reader = READERS.get(extension.lower()) if dot and stem else None
    if reader is None:
        raise WrongKind(name=shown)
    if not content:
        raise EmptyFile(name=shown)
    return reader(shown, content)


def clean_name(name: str) -> str:
    """A name to show, never a path: last part, no control nor direction mark, 120 characters."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c for c in last if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    kept = " ".join(kept.split()).strip(". ")
    stem, dot, extension = kept.rpartition(".")
    if dot and stem and len(extension) <= 10:
        return f"{stem[: NAME_LENGTH - len(extension) - 1]}.{extension}"
    return kept[:NAME_LENGTH] or "document"


# ---- Pictures ----------------------------------------------------------------------------------


def _picture(kind: str) -> Callable[[str, bytes], CheckedFile]:
    return lambda name, content: _check_picture(name, content, kind)


def _check_picture(name: str, content: bytes, kind: str) -> CheckedFile:
    """Always drawn again: nothing but pixels is kept, no place nor camera."""
    if len(content) > PICTURE_BYTES:
        raise PictureTooLarge(name=name)
    try:
        with Image.open(io.BytesIO(content), formats=(kind,)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise TooManyPixels(name=name)
            drawn = _drawn_again(image, kind)
    except Image.DecompressionBombError as error:
        raise TooManyPixels(name=name) from error
    except (OSError, ValueError, SyntaxError, zlib.error) as error:
        raise NotWhatItSays(name=name, kind=kind) from error
    return CheckedFile(_renamed(name, drawn[1]), *drawn)


def _drawn_again(image: Image.Image, kind: str) -> tuple[bytes, str]:
    """(content, type). A PNG stays one while it is small: a scan of text keeps its edges."""
    if kind == "JPEG":
        # Decoded at a half or a quarter, whichever still holds the size wanted.
        image.draft("RGB", fitted(image.size))
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), reducing_gap=None)
    upright = _upright(image)
    if kind == "PNG":
        small = _saved(_plain(upright, keep_alpha=True), "PNG", optimize=False)
        if len(small) <= KEPT_BYTES:
            return small, "image/png"
    return _within_limit(_plain(upright, keep_alpha=False)), "image/jpeg"


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera was held; what a camera wrote wrongly about it turns nothing."""
    try:
        held = image.getexif().get(ExifTags.Base.Orientation)
    except (OSError, ValueError, SyntaxError, TypeError, struct.error):
        return image
    turn = TURNS.get(held) if isinstance(held, int) else None
    return image if turn is None else image.transpose(turn)


def fitted(size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) whose longest side is at the most ``LONGEST_SIDE``."""
    scale = min(1, LONGEST_SIDE / max(size))
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


def _plain(image: Image.Image, *, keep_alpha: bool) -> Image.Image:
    """Pixels alone in a usual mode, on white where the picture was transparent."""
    has_alpha = image.has_transparency_data
    mode = "RGBA" if has_alpha else "L" if image.mode in {"1", "L"} else "RGB"
    plain = image.convert(mode)
    if has_alpha and not keep_alpha:
        white = Image.new("RGB", plain.size, "white")
        white.paste(plain, mask=plain.getchannel("A"))
        plain = white
    plain.info.clear()
    return plain


def _within_limit(image: Image.Image) -> bytes:
    """The best quality that fits in 2 MB; a smaller picture when none does."""
    while True:
        for quality in QUALITIES:
            content = _saved(image, "JPEG", quality=quality)
            if len(content) <= KEPT_BYTES:
                return content
        image = image.resize((max(1, image.width // 2), max(1, image.height // 2)))


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    kept = io.BytesIO()
    image.save(kept, kind, **options)
    return kept.getvalue()


def _renamed(name: str, content_type: str) -> str:
    """A PNG that became a JPEG says so."""
    if content_type == "image/jpeg" and name.lower().endswith(".png"):
        return f"{name[:-4]}.jpg"
    return name


# ---- PDF ---------------------------------------------------------------------------------------


def _check_pdf(name: str, content: bytes) -> CheckedFile:
    _refuse_large(name, content)
    if not content[:1024].lstrip().startswith(b"%PDF-"):
        raise NotWhatItSays(name=name, kind="PDF")
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise Locked(name=name)
        if not len(reader.pages):
            raise NotWhatItSays(name=name, kind="PDF")
        active = any(_is_active(found) for found in _dictionaries(reader, name))
    except (PyPdfError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotWhatItSays(name=name, kind="PDF") from error
    except (RecursionError, IndexError, AssertionError, NotImplementedError, zlib.error) as error:
        raise NotWhatItSays(name=name, kind="PDF") from error
    if active:
        raise ActiveContent(name=name)
    return CheckedFile(name, content, PDF)


def _dictionaries(reader: PdfReader, name: str) -> Iterator[DictionaryObject]:
    """Every dictionary that can be reached from the trailer, each object once."""
    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [reader.trailer]
    visited = 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, IndirectObject):
            if (one.idnum, one.generation) in seen:
                continue
            seen.add((one.idnum, one.generation))
            one = one.get_object()
        visited += 1
        if visited > MAX_OBJECTS:
            raise Bomb(name=name)
        if isinstance(one, DictionaryObject):
            yield one
            waiting.extend(one.raw_get(key) for key in one)
        elif isinstance(one, ArrayObject):
            waiting.extend(list.__iter__(one))


def _is_active(found: DictionaryObject) -> bool:
    """A script, a launch, a file inside a file."""
    return bool(ACTIVE_PDF & found.keys()) or found.get("/S") in ACTIVE_ACTIONS


# ---- Texts -------------------------------------------------------------------------------------


def _check_odt(name: str, content: bytes) -> CheckedFile:
    _refuse_large(name, content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_entries(name, archive)
            _check_mimetype(name, archive)
            _check_unfolded(name, archive)
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, ValueError) as error:
        raise NotWhatItSays(name=name, kind="ODT") from error
    except (NotImplementedError, RuntimeError) as error:
        raise NotWhatItSays(name=name, kind="ODT") from error
    return CheckedFile(name, content, ODT_TYPE.decode())


def _check_entries(name: str, archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or sum(one.file_size for one in entries) > UNFOLDED_BYTES:
        raise Bomb(name=name)
    if any(one.flag_bits & 1 for one in entries):
        raise Locked(name=name)
    if any(ACTIVE_ODT.search(one.filename) for one in entries):
        raise ActiveContent(name=name)


def _check_mimetype(name: str, archive: zipfile.ZipFile) -> None:
    """The standard wants it first, stored as it is: a renamed archive does not have it."""
    names = archive.namelist()
    first = archive.infolist()[0] if names else None
    if first is None or first.filename != "mimetype" or first.compress_type != zipfile.ZIP_STORED:
        raise NotWhatItSays(name=name, kind="ODT")
    if archive.read(first) != ODT_TYPE or "content.xml" not in names:
        raise NotWhatItSays(name=name, kind="ODT")


def _check_unfolded(name: str, archive: zipfile.ZipFile) -> None:
    """What it really unfolds to: sizes written in the archive may lie. Scripts and passwords show."""
    total = 0
    for entry in archive.infolist():
        with archive.open(entry) as file:
            tail = b""
            while part := file.read(65_536):
                total += len(part)
                if total > UNFOLDED_BYTES:
                    raise Bomb(name=name)
                _check_markup(name, entry.filename, tail + part)
                tail = part[-64:]


def _check_markup(name: str, entry: str, text: bytes) -> None:
    if entry.endswith("manifest.xml") and b"encryption-data" in text:
        raise Locked(name=name)
    if entry.endswith(".xml") and any(one in text for one in NOT_UTF8):
        raise NotWhatItSays(name=name, kind="ODT")
    if entry.endswith(".xml") and SCRIPT_ODT.search(text):
        raise ActiveContent(name=name)


def _check_doc(name: str, content: bytes) -> CheckedFile:
    _refuse_large(name, content)
    if not olefile.isOleFile(data=content):
        raise NotWhatItSays(name=name, kind="DOC")
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as ole:
            streams = ole.listdir(streams=True, storages=True)
            header = ole.openstream("WordDocument").read(12)
    except (OSError, ValueError, IndexError, TypeError, RecursionError) as error:
        # The last one: folders that hold each other.
        raise NotWhatItSays(name=name, kind="DOC") from error
    if header[:2] != b"\xec\xa5":
        raise NotWhatItSays(name=name, kind="DOC")
    if header[11] & 1:  # fEncrypted of the file information block
        raise Locked(name=name)
    if any(part.lower() in ACTIVE_DOC for path in streams for part in path):
        raise ActiveContent(name=name)
    return CheckedFile(name, content, "application/msword")


def _refuse_large(name: str, content: bytes) -> None:
    if len(content) > KEPT_BYTES:
        raise TooLarge(name=name)


READERS: dict[str, Callable[[str, bytes], CheckedFile]] = {
    "jpg": _picture("JPEG"),
    "jpeg": _picture("JPEG"),
    "png": _picture("PNG"),
    "pdf": _check_pdf,
    "odt": _check_odt,
    "doc": _check_doc,
}
"""By extension; each checks that the content is what the extension says."""
