"""What is too old is erased, what is not stays, and a household is warned first."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core import clock, encryption, settings
from app.core.db import commit, db
from app.core.storage import new_key, storage
from app.documents.models import Document, DocumentPage, DocumentType, Owner, Validity
from app.households.models import Adult, Child, Guardianship, Household, SchoolYear, YearFile
from app.notices.models import MailState, Notice, OutboxMessage
from app.requests.models import Procedure, ProcedureVersion, Request, Status
from app.retention import households
from app.retention.jobs import purge
from app.retention.models import PurgeWarning
from app.retention.policies import POLICIES, count_due
from app.retention.rules import months_before
from app.wallet.models import LedgerEntry
from app.wallet.queries import balance
from tests.factories import Cast, Factory


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=clock.UTC)  # type: ignore[misc,arg-type]


NOW = datetime(2027, 1, 12, 8, 0, tzinfo=clock.UTC)


@pytest.mark.parametrize(
    ("moment", "months", "before"),
    [
        (at(2027, 3, 31, 9), 1, at(2027, 2, 28, 9)),
        (at(2027, 1, 12), 1, at(2026, 12, 12)),
        (at(2027, 1, 12), 24, at(2025, 1, 12)),
        (at(2024, 2, 29), 12, at(2023, 2, 28)),
    ],
)
def test_months_are_counted_on_the_calendar(moment: Any, months: int, before: Any) -> None:
    assert months_before(moment, months) == before


def draft(
    make: Factory, cast: Cast, changed_at: datetime, status: Status = Status.DRAFT
) -> Request:
    procedure = db.session.scalar(sa.select(Procedure)) or make.add(
        Procedure(code="x", title="X", theme="other", draft={}, changed_at=NOW)
    )
    version = db.session.scalar(sa.select(ProcedureVersion)) or make.add(
        ProcedureVersion(procedure_id=procedure.id, number=1, definition={}, published_at=NOW)
    )
    return make.add(
        Request(
            procedure_id=procedure.id,
            version_id=version.id,
            household_id=cast.home.id,
            status=status,
            created_at=changed_at,
            changed_at=changed_at,
        )
    )


def run(session: Session, now: datetime = NOW) -> dict[str, int]:
    return purge(session, now, session.commit)


def test_drafts_go_after_the_period_and_nothing_else(
    session: Session, make: Factory, cast: Cast
) -> None:
    old = NOW - timedelta(days=93)
    gone = draft(make, cast, old).id
    kept = {draft(make, cast, old, Status.PENDING).id, draft(make, cast, NOW).id}
    assert run(session)["drafts"] == 1
    assert set(session.scalars(sa.select(Request.id))) == kept
    assert gone not in kept
    assert "drafts" not in run(session)


def test_what_a_visitor_asked_goes_after_the_period(
    session: Session, make: Factory, cast: Cast
) -> None:
    old = draft(make, cast, NOW - timedelta(days=2000))
    old.household_id, old.status, old.email = None, Status.CLOSED, "ana@exemple.fr"
    waiting = draft(make, cast, NOW - timedelta(days=2000))
    waiting.household_id, waiting.status = None, Status.PENDING
    session.commit()
    assert run(session)["visitors"] == 1
    assert session.scalars(sa.select(Request.id)).all() == [waiting.id]


def test_health_data_goes_when_the_school_year_is_over(
    session: Session, make: Factory, cast: Cast
) -> None:
    year = session.scalars(sa.select(SchoolYear)).first()
    assert year is not None
    file = make.add(
        YearFile(
            child_id=cast.jules.id,
            household_id=cast.home.id,
            school_year_id=year.id,
            insurer="MAE",
            health_cipher=encryption.seal_json({"allergies": "arachide"}, "year_file:1"),
            closed_at=NOW,
        )
    )
    session.commit()
    assert "health" not in run(session)
    after = datetime.combine(year.ends_on + timedelta(days=1), NOW.timetz())
    assert run(session, after)["health"] == 1
    session.refresh(file)
    assert file.health_cipher is None
    assert file.insurer == "MAE"


def test_messages_and_sent_emails_go_after_the_period_of_the_commune(
    session: Session, make: Factory, cast: Cast
) -> None:
    settings.put(session, settings.KEEP_MESSAGES_MONTHS, 3)
    old = NOW - timedelta(days=93)
    make.add(
        Notice(
            dedupe_key="n",
            account_id=cast.camille.id,
            template="x",
            subject="S",
            body="B",
            created_at=old,
        )
    )
    for key, state in (("sent", MailState.SENT), ("waiting", MailState.WAITING)):
        make.add(
            OutboxMessage(
                dedupe_key=key,
                to_address="a@exemple.fr",
                template="x",
                subject="S",
                text="T",
                message_id=f"<{key}@x>",
                state=state,
                created_at=old,
                due_at=old,
            )
        )
    session.commit()
    erased = run(session)
    assert erased["notices"] == erased["mails"] == 1
    assert session.scalars(sa.select(OutboxMessage.dedupe_key)).all() == ["waiting"]


def test_the_list_counts_what_the_purge_erases(session: Session, make: Factory, cast: Cast) -> None:
    draft(make, cast, NOW - timedelta(days=200))
    session.commit()
    counts = count_due(session, NOW)
    assert set(counts) == {one.name for one in POLICIES}
    assert counts["drafts"] == 1
    assert session.scalar(sa.select(sa.func.count(Request.id))) == 1


def leave(session: Session, cast: Cast, day: date) -> None:
    """Every child of Camille's household has left since that day; the household is as old."""
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.household_id == cast.home.id)
        .values(ended_on=day)
    )
    session.execute(sa.update(Household).values(created_at=datetime(2020, 1, 1, tzinfo=clock.UTC)))
    session.commit()


def spend_all(session: Session, make: Factory, cast: Cast) -> None:
    """Nothing is left on the account."""
    make.money(cast.home, -balance(session, cast.home.id))


def given(make: Factory, cast: Cast) -> str:
    """A document of Camille's household, with its file; the file's key."""
    kind = make.add(
        DocumentType(
            code="domicile", name="Domicile", owner=Owner.HOUSEHOLD, validity=Validity.UNLIMITED
        )
    )
    document = make.add(Document(document_type_id=kind.id, household_id=cast.home.id, given_at=NOW))
    key = new_key()
    storage().put(key, b"%PDF")
    make.add(
        DocumentPage(
            document_id=document.id,
            position=1,
            storage_key=key,
            name="domicile.pdf",
            content_type="application/pdf",
            size=4,
            sha256="0" * 64,
        )
    )
    return key


def scheduling_run(session: Session, now: datetime) -> dict[str, int]:
    """As the schedule does: what waits for the commit follows it."""
    return purge(session, now, lambda: commit(session))


def test_a_household_is_warned_then_erased_and_the_ledger_stays(
    session: Session, make: Factory, cast: Cast
) -> None:
    spend_all(session, make, cast)
    leave(session, cast, date(2023, 12, 1))
    key = given(make, cast)
    session.commit()
    entries = session.scalar(sa.select(sa.func.count(LedgerEntry.id)))
    assert run(session)["warned"] == 1
    subjects = session.scalars(
        sa.select(Notice.subject).where(Notice.household_id == cast.home.id)
    ).all()
    assert "Votre dossier sera bientôt effacé" in subjects
    assert "households" not in run(session, NOW + timedelta(days=29))
    erased = scheduling_run(session, NOW + timedelta(days=31))
    assert erased["households"] == 1
    assert not storage().exists(key)
    assert session.scalars(sa.select(DocumentPage)).all() == []
    account = session.get(Account, cast.camille.id)
    assert account is not None
    assert not account.active
    assert "camille" not in f"{account.username} {account.email} {account.last_name}".lower()
    assert session.scalars(sa.select(Adult).where(Adult.household_id == cast.home.id)).all() == []
    names = {one.id: one.first_name for one in session.scalars(sa.select(Child))}
    assert names[cast.jules.id] == "–"
    assert names[cast.noe.id] == "Noé"  # also Yanis's
    assert session.scalar(sa.select(sa.func.count(LedgerEntry.id))) == entries


def test_a_household_with_money_or_with_a_child_is_kept(
    session: Session, make: Factory, cast: Cast
) -> None:
    leave(session, cast, date(2023, 12, 1))
    spend_all(session, make, cast)
    assert households.idle(session, NOW) == [cast.home.id]
    make.money(cast.home, 500)
    session.commit()
    assert cast.home.id not in households.idle(session, NOW)
    assert cast.other_home.id not in households.idle(session, NOW)


def test_a_child_who_comes_back_ends_the_warning(
    session: Session, make: Factory, cast: Cast
) -> None:
    spend_all(session, make, cast)
    leave(session, cast, date(2023, 12, 1))
    assert run(session)["warned"] == 1
    session.execute(sa.update(Guardianship).values(ended_on=None))
    session.commit()
    run(session)
    assert session.scalars(sa.select(PurgeWarning)).all() == []


def test_only_the_administrator_sees_the_list(
    app: Flask, session: Session, cast: Cast, sign_in: Any
) -> None:
    session.commit()
    page = sign_in(cast.admin).get("/agents/conservation/")
    assert page.status_code == 200
    assert "Demandes non terminées" in page.text
    assert sign_in(cast.agent).get("/agents/conservation/").status_code in {302, 403}
