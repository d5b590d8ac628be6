"""Supporting documents of Montclair, in every status: small files that open, most of them valid."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import current_app
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy.orm import Session

from app.core import clock
from app.core.storage import storage
from app.demo import asked
from app.demo.families import SEED, Family, People
from app.documents import files, services
from app.documents.files import CheckedFile
from app.documents.models import (
    AskedOf,
    Document,
    DocumentPage,
    DocumentType,
    Owner,
    Validity,
)
from app.procedures import kinds

EMPLOYER = "attestation_employeur"
BLURRED = "Le document date de plus de trois mois : il en faut un plus récent."
PAGE_MISSING = "Il manque la page des enfants."


@dataclass(frozen=True)
class Paper:
    """One document: ``child`` is the place of the child, None for the household's."""

    who: str
    code: str
    child: int | None = None
    days: int = 60
    fate: str = "valid"
    reason: str = ""


KNOWN = (
    Paper("camille.martin", kinds.HOME_PROOF, days=62),
    *(Paper("camille.martin", kinds.INSURANCE, child, 61) for child in range(3)),
    Paper("camille.martin", kinds.VACCINES, 1, 3, "waiting"),
    Paper("yanis.benali", kinds.HOME_PROOF, days=390, fate="expired"),
    Paper("yanis.benali", kinds.INSURANCE, 0, 2, "waiting"),
    Paper("lea.durand", kinds.HOME_PROOF, days=9, fate="invalid", reason=BLURRED),
    Paper("lea.durand", kinds.INSURANCE, 0, 58),
    Paper("lea.durand", kinds.INSURANCE, 1, 340, "ending"),
    Paper("hugo.petit", kinds.FAMILY_RECORD, days=14, fate="invalid", reason=PAGE_MISSING),
)
OTHERS = ("valid",) * 10 + ("missing",) * 4 + ("waiting", "expired")


def prepare(session: Session) -> None:
    """What an agent set up: one more kind, and the insurance asked for each child."""
    session.add(
        DocumentType(
            code=EMPLOYER,
            name="Attestation de l’employeur",
            help="Elle indique le lieu et les horaires de travail.",
            owner=Owner.HOUSEHOLD,
            validity=Validity.MONTHS,
            validity_months=3,
            position=50,
        )
    )
    session.execute(
        sa.update(DocumentType)
        .where(DocumentType.code == kinds.INSURANCE)
        .values(asked_of=AskedOf.EVERY_CHILD)
    )
    session.flush()


def give(session: Session, people: People) -> None:
    """Every document, with its file."""
    giver = _Giver(session, people)
    for one in KNOWN:
        giver.give(people.known[one.who], one)
    for family, paper in _of_others(people):
        giver.give(family, paper)
    session.flush()


def _of_others(people: People) -> Iterator[tuple[Family, Paper]]:
    chance = random.Random(SEED)  # noqa: S311  (the same town each time, no secret)
    for family in people.others:
        for child in range(len(family.children)):
            fate = chance.choice(OTHERS)
            days = {"valid": chance.randint(30, 70), "expired": 390}.get(fate, chance.randint(1, 9))
            if fate != "missing":
                yield family, Paper("", kinds.INSURANCE, child, days, fate)
    for family, story in asked.stories(people):
        for code in asked.PAPERS_FIRST.get(story.code, ()):
            yield family, Paper("", code, None, story.days)


class _Giver:
    def __init__(self, session: Session, people: People) -> None:
        self.session, self.store = session, storage()
        self.agent_id = people.staff["agent"].id
        self.kinds = {one.code: one for one in session.scalars(sa.select(DocumentType))}
        self.files: dict[str, CheckedFile] = {}

    def give(self, family: Family, paper: Paper) -> None:
        kind = self.kinds[paper.code]
        child = family.children[paper.child] if paper.child is not None else None
        given = asked.at(paper.days, 19)
        document = Document(
            document_type_id=kind.id,
            household_id=family.household.id,
            child_id=child.id if child else None,
            given_at=given,
            given_by=family.account.id if family.account else None,
            pages=[self._page(kind)],
            refusal_reason=paper.reason,
        )
        if paper.fate != "waiting":
            document.is_accepted = paper.fate != "invalid"
            document.reviewed_at = min(given + timedelta(days=1), clock.now())
            document.reviewed_by = self.agent_id
            document.valid_until = _end(kind, paper, given.date()) if document.is_accepted else None
        self.session.add(document)

    def _page(self, kind: DocumentType) -> DocumentPage:
        if kind.code not in self.files:
            self.files[kind.code] = _scan(kind)
        [kept] = services.keep(self.store, [self.files[kind.code]], sealed=kind.is_health)
        return DocumentPage(
            position=1,
            storage_key=kept.key,
            name=kept.name,
            content_type=kept.content_type,
            size=kept.size,
            sha256=kept.sha256,
            is_sealed=kept.is_sealed,
        )


def _end(kind: DocumentType, paper: Paper, given: date) -> date | None:
    if paper.fate in {"expired", "ending"}:
        return clock.today() + timedelta(days=-20 if paper.fate == "expired" else 20)
    if kind.validity is Validity.UNLIMITED:
        return None
    return given + timedelta(days=330)


def _scan(kind: DocumentType) -> CheckedFile:
    """A page that says what it is: a picture for some kinds, a PDF for the others."""
    page = Image.new("RGB", (620, 877), "#FFFFFF")
    pen = ImageDraw.Draw(page)
    fonts = Path(str(current_app.static_folder)) / "pdf"
    title = ImageFont.truetype(str(fonts / "FigtreePdfBold.ttf"), 26)
    text = ImageFont.truetype(str(fonts / "FigtreePdfRegular.ttf"), 18)
    pen.text((50, 60), kind.name, "#25221D", title)
    pen.text((50, 110), "Document de démonstration, commune de Montclair", "#5C5549", text)
    for line in range(12):
        pen.line((50, 180 + line * 42, 570 - line % 3 * 90, 180 + line * 42), "#E3DBCE", 10)
    out = io.BytesIO()
    name, form = ("photo.jpg", "JPEG") if kind.code == kinds.HOME_PROOF else ("scan.pdf", "PDF")
    page.save(out, form)
    return files.check(f"{kind.code}-{name}", out.getvalue())
