"""The French catalogue: ``python -m app.translate`` builds it, ``--check`` says what is wrong.

Each room keeps its French in ``translations/fr/LC_MESSAGES/parts/<room>.po``. The build puts them
over Flask-AppBuilder's own French (its screens' words) into ``messages.po``, and compiles
``messages.mo``, which is what runs. A part's entry that no code or template names literally (a
word read from a column) carries the comment « kept: why », or the check takes it for obsolete.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
FRENCH = ROOT / "translations" / "fr" / "LC_MESSAGES"

METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
OPTIONS = {name: {"silent": "false", "extensions": "jinja2.ext.i18n"} for name, _ in METHODS[1:]}
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(("_", "gettext", "lazy_gettext", "_l", "N_")),
    **dict.fromkeys(("ngettext", "lazy_ngettext", "plural"), (1, 2)),
}
KEPT = "kept:"
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]")
NBSP = "\u00a0"
BAD_FRENCH = {
    r"'": "typographic apostrophe ’ instead of '",
    r"\u202f": "U+00A0 instead of U+202F",
    r"(?<! ) [;:!?»](?![\w/])|« ": "U+00A0 before : ; ! ? » and after «",
}
"""Pattern → what French typography asks for."""

Id = Any
"""A text, or (one, several) for a plural: what Babel calls a message's id."""


def main() -> int:
    """Build the catalogue, or check it; 1 when something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, say what is wrong")
    parser.add_argument("--missing", action="store_true", help="print entries ready to translate")
    asked = parser.parse_args()
    if asked.missing:
        sys.stdout.write(as_po(missing()))
        return 0
    if not asked.check:
        build()
        return 0
    found = sorted(problems())
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


# ---- Building ----------------------------------------------------------------------------------


def build() -> None:
    """Write ``messages.po`` and ``messages.mo``."""
    catalogue = merged()
    (FRENCH / "messages.po").write_text(as_po(catalogue), encoding="utf-8")
    (FRENCH / "messages.mo").write_bytes(as_mo(catalogue))


def merged() -> Catalog:
    """Flask-AppBuilder's French, and the rooms' over it."""
    catalogue = empty()
    for part in (framework(), *parts().values()):
        for message in entries(part):
            if not message.fuzzy and is_said(message):
                catalogue.delete(message.id)  # setting it again would keep the first French
                catalogue[message.id] = Message(message.id, message.string)
    return catalogue


def empty() -> Catalog:
    # A date of its own, or the compiled file would differ every minute.
    made = datetime(2026, 1, 1, tzinfo=UTC)
    return Catalog(locale="fr", project="Portail famille", fuzzy=False, creation_date=made)


def parts() -> dict[str, Catalog]:
    """The French of each room, by name."""
    return {
        path.stem: read(path.read_text("utf-8")) for path in sorted((FRENCH / "parts").glob("*.po"))
    }


def framework() -> Catalog:
    """The French that Flask-AppBuilder ships as text (what it ships compiled is older)."""
    spec = find_spec("flask_appbuilder")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("flask_appbuilder")
    path = Path(spec.origin).parent / "translations/fr/LC_MESSAGES/messages.po"
    # Its header says « charset=utf-8 » among dates that Babel cannot read: drop the header.
    _, _, body = path.read_text("utf-8").partition("\n\n")
    return read(body)


def read(text: str) -> Catalog:
    return read_po(io.StringIO(text), locale="fr", abort_invalid=True)


def entries(catalogue: Catalog) -> Iterator[Message]:
    """Its messages, the header aside."""
    return (message for message in catalogue if message.id)


def is_said(message: Message) -> bool:
    """Whether the message has its French, every plural form included."""
    return all(ids(message.string))


def as_po(catalogue: Catalog) -> str:
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=100, sort_output=True, omit_header=True)
    return f"{HEADER}\n{buffer.getvalue().decode()}"


def as_mo(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    catalogue.mime_headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Plural-Forms", "nplurals=2; plural=(n > 1);"),
    ]
    write_mo(buffer, catalogue)
    return buffer.getvalue()


HEADER = """\
# French of the portal. Built by « python -m app.translate » from parts/*.po: write there.
msgid ""
msgstr ""
"Language: fr\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"""


# ---- Checking ----------------------------------------------------------------------------------


def used() -> dict[Id, str]:
    """Each English text of the code and the templates → one place where it stands."""
    found: dict[Id, str] = {}
    rows = extract_from_dir(APP, METHODS, OPTIONS, KEYWORDS, comment_tags=())
    for name, line, message, _comments, _context in rows:
        texts: Any = message if isinstance(message, tuple) else (message,)
        if any(texts):
            found.setdefault(message, f"app/{name}:{line}")
    return found


def missing() -> Catalog:
    """The texts that have no French yet, as a catalogue to fill."""
    known, catalogue = said(), empty()
    for message, place in sorted(used().items(), key=lambda item: item[1]):
        if message not in known:
            path, _, line = place.rpartition(":")
            catalogue.add(message, locations=[(path, int(line))])
    return catalogue


def said() -> set[Id]:
    """The texts that a room has put into French; a plural answers for its singular too.

    Flask-AppBuilder's French does not count: its « Sauvegarder » is not our « Enregistrer ».
    """
    found: set[Id] = set()
    for message in (message for part in parts().values() for message in entries(part)):
        found |= {message.id, singular(message.id)}
    return found


def problems() -> Iterator[str]:
    """What is wrong with the French, one line each."""
    known, asked = said(), used()
    for text, place in asked.items():
        if text not in known:
            yield f"{place}: no French for {text!r}"
    asked.update({message.id: "flask_appbuilder" for message in entries(framework())})
    seen: dict[Id, tuple[str, Any]] = {}
    for room, part in parts().items():
        for message in entries(part):
            yield from (
                f"parts/{room}.po: {text}: {message.id!r}" for text in faults(message, asked)
            )
            room_before, string = seen.setdefault(message.id, (room, message.string))
            if string != message.string:
                yield f"parts/{room}.po: other French in {room_before}.po: {message.id!r}"
        yield from (f"parts/{room}.po: obsolete: {old!r}" for old in part.obsolete)
    yield from stale()


def faults(message: Message, asked: dict[Id, str]) -> Iterator[str]:
    """What is wrong with one entry of a part."""
    if message.fuzzy:
        yield "fuzzy"
    if not is_said(message):
        yield "no French"
    kept = any(comment.strip().startswith(KEPT) for comment in message.user_comments)
    if not kept and not any(one in asked for one in (message.id, singular(message.id))):
        yield "obsolete, no code or template says it"
    yield from misprints(message)


def singular(message: Id) -> str:
    return message[0] if isinstance(message, tuple) else message


def misprints(message: Message) -> Iterator[str]:
    """Typography, and placeholders that the French forgets or invents."""
    strings = ids(message.string)
    wanted = set(PLACEHOLDER.findall(" ".join(ids(message.id))))
    for string in filter(None, strings):
        has = set(PLACEHOLDER.findall(string))
        if has - wanted or (wanted - has and len(strings) == 1):
            yield f"placeholders differ ({', '.join(sorted(has ^ wanted))})"
        yield from (text for pattern, text in BAD_FRENCH.items() if re.search(pattern, string))


def ids(message: Any) -> tuple[str, ...]:
    """The text, or both forms of a plural."""
    return message if isinstance(message, tuple) else (message,)


def stale() -> Iterator[str]:
    """Built files that no longer say what the parts say."""
    catalogue = merged()
    for name, fresh in (
        ("messages.po", as_po(catalogue).encode()),
        ("messages.mo", as_mo(catalogue)),
    ):
        path = FRENCH / name
        if not path.exists() or path.read_bytes() != fresh:
            yield f"{name}: not built from the parts; run python -m app.translate"


if __name__ == "__main__":
    sys.exit(main())
