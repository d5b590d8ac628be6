"""Requests move along the one table, and an answer is what its field allows (D2, D3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.errors import Forbidden, NotFound, Refusal
from app.documents.models import DocumentType, Owner, Requirement, Validity
from app.households.models import Household
from app.notices.models import Notice, OutboxMessage
from app.requests import queries, rules, services
from app.requests.answers import Nameable, clean
from app.requests.definition import Choice, Field, Kind, NeededDocument, Once, Step
from app.requests.effects import EFFECTS, Effect
from app.requests.errors import (
    AlreadyAsked,
    BadAnswers,
    DocumentsMissing,
    MovedOn,
    NeedsReason,
    NotFinished,
    Outdated,
)
from app.requests.models import Request, RequestMove, Status
from app.requests.rules import Action, Who
from app.requests.services.moving import advance
from tests.factories import Cast
from tests.requests.conftest import TRIP

Publish = Callable[..., None]
Ask = Callable[..., Request]


ALLOWED = {
    ("draft", "family", "submit"): "pending",
    ("pending", "family", "edit"): "pending",
    ("pending", "family", "cancel"): "cancelled",
    ("pending", "agent", "take"): "processing",
    ("pending", "portal", "take"): "processing",
    ("processing", "agent", "close"): "closed",
    ("processing", "portal", "close"): "closed",
    ("processing", "agent", "refuse"): "refused",
    ("processing", "portal", "refuse"): "refused",
}
"""The contract (D2), written beside the code's own table."""


@pytest.mark.parametrize("status", list(Status))
def test_every_triple(session: Session, camille: Actor, publish: Publish, status: Status) -> None:
    publish()
    for who, action in product(Who, Action):
        request = services.begin(session, camille, "sortie", now=clock.now())
        request.status = status
        expected = ALLOWED.get((status.value, who.value, action.value))
        if expected is None:
            with pytest.raises(MovedOn):
                advance(session, camille, request, who, action, now=clock.now())
            assert (request.status, queries.moves_of(session, request.id)) == (status, [])
            continue
        advance(session, camille, request, who, action, now=clock.now())
        (move,) = queries.moves_of(session, request.id)
        assert (move.from_status, move.to_status) == (status, Status(expected))


def test_a_request_goes_its_way_and_each_save_is_told_once(
    session: Session, agent: Actor, publish: Publish, ask: Ask, effects: list[int]
) -> None:
    publish(replace(TRIP, effect="noted"))
    request = ask()
    assert (request.number, request.status) == ("D-2027-000001", Status.PENDING)
    assert str(request.due_on) == "2027-02-11"
    services.take(session, agent, request.id, now=clock.now())
    services.close(session, agent, request.id, now=clock.now())
    assert (request.status, request.due_on) == (Status.CLOSED, None)
    assert effects == [request.id]
    about = Notice.template.like("request_%")
    assert session.scalar(sa.select(sa.func.count()).where(about).select_from(Notice)) == 3
    mails = session.scalars(sa.select(OutboxMessage.template).order_by(OutboxMessage.id))
    assert [one for one in mails if one.startswith("request_")] == [
        "request_received",
        "request_moved",
        "request_moved",
    ]


def test_a_request_that_closes_itself_is_told_once(
    session: Session, publish: Publish, ask: Ask, effects: list[int]
) -> None:
    publish(replace(TRIP, effect="noted", closes_itself=True))
    request = ask()
    assert request.status is Status.CLOSED
    assert [one.to_status for one in queries.moves_of(session, request.id)] == [
        Status.PENDING,
        Status.PROCESSING,
        Status.CLOSED,
    ]
    assert (
        session.scalar(
            sa.select(sa.func.count()).select_from(Notice).where(Notice.template.like("request_%"))
        )
        == 1
    )


def test_submitting_twice_makes_one(
    session: Session, camille: Actor, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask()
    again = services.submit(session, camille, request.id, 1, f"t{request.id}", now=clock.now())
    assert again.id == request.id
    assert len(queries.moves_of(session, request.id)) == 1


def test_an_effect_that_breaks_is_undone_and_refused_for_a_technical_problem(
    session: Session,
    cast: Cast,
    agent: Actor,
    publish: Publish,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(session: Session, actor: Actor, case: Any, now: Any) -> None:
        session.execute(sa.update(Household).values(name="Changé"))
        raise ZeroDivisionError

    monkeypatch.setitem(EFFECTS, "breaks", Effect("breaks", "Breaks", breaks))
    publish(replace(TRIP, effect="breaks"))
    request = ask()
    services.take(session, agent, request.id, now=clock.now())
    services.close(session, agent, request.id, now=clock.now())
    assert (request.status, request.reason) == (Status.REFUSED, "technical problem")
    assert "Changé" not in set(session.scalars(sa.select(Household.name)))
    assert queries.moves_of(session, request.id)[-1].actor_id is None


def test_a_named_refusal_of_an_effect_changes_nothing(
    session: Session,
    agent: Actor,
    publish: Publish,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(session: Session, actor: Actor, case: Any, now: Any) -> None:
        session.execute(sa.update(Household).values(name="Changé"))
        raise Forbidden

    monkeypatch.setitem(EFFECTS, "refuses", Effect("refuses", "Refuses", refuses))
    publish(replace(TRIP, effect="refuses"))
    request = ask()
    services.take(session, agent, request.id, now=clock.now())
    with pytest.raises(Forbidden):
        services.close(session, agent, request.id, now=clock.now())
    assert request.status is Status.PROCESSING
    assert "Changé" not in set(session.scalars(sa.select(Household.name)))


def test_agents_alone_take_and_a_refusal_says_why(
    session: Session, camille: Actor, agent: Actor, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask()
    with pytest.raises(Forbidden):
        services.take(session, camille, request.id, now=clock.now())
    services.take(session, agent, request.id, now=clock.now())
    with pytest.raises(NeedsReason):
        services.refuse(session, agent, request.id, "  ", now=clock.now())
    services.refuse(session, agent, request.id, "<b>Complet</b>", now=clock.now())
    mail = session.scalars(
        sa.select(OutboxMessage).where(OutboxMessage.template == "request_moved")
    ).all()[-1]
    assert "&lt;b&gt;Complet" in mail.html
    assert "<b>Complet" not in mail.html


def test_what_is_taken_is_locked_for_the_family(
    session: Session, camille: Actor, agent: Actor, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask()
    services.take(session, agent, request.id, now=clock.now())
    with pytest.raises(MovedOn):
        services.save_step(
            session, camille, request.id, "wish", {}, request.edition, now=clock.now()
        )
    with pytest.raises(MovedOn):
        services.cancel(session, camille, request.id, now=clock.now())


def test_a_pending_request_is_changed_and_keeps_its_status(
    session: Session, camille: Actor, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask()
    services.save_step(
        session, camille, request.id, "wish", {"text": "Voile"}, request.edition, now=clock.now()
    )
    assert (request.status, request.answers["text"]) == (Status.PENDING, "Voile")
    services.cancel(session, camille, request.id, now=clock.now())
    assert request.status is Status.CANCELLED


def test_an_abandoned_draft_is_gone(
    session: Session, camille: Actor, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask(draft=True)
    services.abandon(session, camille, request.id)
    assert session.scalar(sa.select(sa.func.count()).select_from(Request)) == 0


def test_another_household_sees_nothing(
    session: Session, cast: Cast, yanis: Actor, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask()
    for attempt in (
        lambda: services.cancel(session, yanis, request.id, now=clock.now()),
        lambda: services.say(session, yanis, request.id, "Bonjour", now=clock.now()),
        lambda: queries.request_for(session, yanis.household_id, request.id, clock.today()),
        lambda: services.begin(session, yanis, "sortie", cast.jules.id, now=clock.now()),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_step_is_not_skipped_nor_an_old_page_saved(
    session: Session, cast: Cast, camille: Actor, publish: Publish
) -> None:
    publish()
    request = services.begin(session, camille, "sortie", now=clock.now())
    with pytest.raises(NotFinished) as skipped:
        services.save_step(session, camille, request.id, "wish", {}, 1, now=clock.now())
    assert skipped.value.step == "who"
    child = {"child": cast.jules.id}
    for _ in ("sent", "sent twice"):
        services.save_step(session, camille, request.id, "who", child, 1, now=clock.now())
    assert request.edition == 2
    other = {"child": cast.rose.id}
    with pytest.raises(Outdated):
        services.save_step(session, camille, request.id, "who", other, 1, now=clock.now())
    with pytest.raises(NotFinished):
        services.submit(session, camille, request.id, request.edition, "t", now=clock.now())


def test_hidden_fields_are_dropped_and_private_ones_sealed(
    session: Session, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask(swims="no", level="good", allergy="Arachides")
    assert "level" not in request.answers
    assert "allergy" not in request.answers
    assert b"Arachides" not in (request.private_answers or b"")
    assert queries.case_of(request).answer("allergy") == "Arachides"


def test_another_childs_id_is_not_offered(
    session: Session, camille: Actor, publish: Publish
) -> None:
    publish()
    request = services.begin(session, camille, "sortie", now=clock.now())
    with pytest.raises(BadAnswers) as wrong:
        services.save_step(session, camille, request.id, "who", {"child": 99}, 1, now=clock.now())
    assert set(wrong.value.faults) == {"child"}


def test_once_per_household_until_it_is_past(
    session: Session, camille: Actor, publish: Publish, ask: Ask
) -> None:
    publish(replace(TRIP, once=Once.HOUSEHOLD))
    first = ask()
    with pytest.raises(AlreadyAsked):
        ask()
    services.cancel(session, camille, first.id, now=clock.now())
    assert ask().status is Status.PENDING


def test_a_new_version_leaves_requests_begun_alone(
    session: Session, camille: Actor, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask(draft=True)
    publish(replace(TRIP, title="Sortie en forêt", steps=TRIP.steps[:1]))
    assert queries.definition_of(request).title == "Sortie au lac"
    sent = services.submit(session, camille, request.id, request.edition, "t", now=clock.now())
    assert sent.answers["text"] == "Baignade"


def test_a_required_document_is_given_first(session: Session, publish: Publish, ask: Ask) -> None:
    session.add(
        DocumentType(code="rib", name="RIB", owner=Owner.HOUSEHOLD, validity=Validity.UNLIMITED)
    )
    publish(replace(TRIP, documents=(NeededDocument("rib"),)))
    with pytest.raises(DocumentsMissing):
        ask()
    publish(replace(TRIP, documents=(NeededDocument("rib", required=False),)))
    ask()
    body = session.scalars(
        sa.select(Notice.body).where(Notice.template == "request_received")
    ).one()
    assert "RIB" in body


def test_an_agent_asks_and_both_write(
    session: Session, camille: Actor, agent: Actor, publish: Publish, ask: Ask
) -> None:
    session.add(
        DocumentType(code="rib", name="RIB", owner=Owner.HOUSEHOLD, validity=Validity.UNLIMITED)
    )
    publish()
    request = ask()
    services.ask_document(session, agent, request.id, "rib", now=clock.now())
    services.say(session, agent, request.id, "Bonjour", now=clock.now())
    services.say(session, camille, request.id, "=1+1", now=clock.now())
    assert session.scalar(sa.select(Requirement.source)) == f"request:{request.id}"
    assert [one.from_agent for one in queries.messages_of(session, request.id)] == [True, False]


def test_closing_many_says_which_could_not(
    session: Session, camille: Actor, agent: Actor, publish: Publish, ask: Ask
) -> None:
    publish()
    first, second = ask(), ask()
    services.cancel(session, camille, second.id, now=clock.now())
    closed, refused = services.close_many(session, agent, [first.id, second.id], now=clock.now())
    assert closed == [first.id]
    assert isinstance(refused[second.id], Refusal)


NOTHING = Nameable({}, {}, {}, {}, {}, {})
OFFERED = (Choice("a", "A"), Choice("b", "B"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Field("f", Kind.TEXT, "F"), "x" * 201),
        (Field("f", Kind.TEXT, "F"), "x" * 10_000),
        (Field("f", Kind.TEXT, "F"), "a\x00b"),
        (Field("f", Kind.LONG_TEXT, "F"), "x" * 5001),
        (Field("f", Kind.TEXT, "F", required=True), "  "),
        (Field("f", Kind.INTEGER, "F"), "1e3"),
        (Field("f", Kind.INTEGER, "F", minimum=2), "1"),
        (Field("f", Kind.AMOUNT, "F"), -1),
        (Field("f", Kind.DATE, "F"), "2027-02-30"),
        (Field("f", Kind.CHOICE, "F", choices=OFFERED), "c"),
        (Field("f", Kind.CHOICES, "F", choices=OFFERED), ["a", "c"]),
        (Field("f", Kind.CHOICES, "F", choices=OFFERED), [{"a": 1}]),
        (Field("f", Kind.YES_NO, "F"), "maybe"),
        (Field("f", Kind.ADULT, "F"), "7"),
        (Field("f", Kind.SCHOOL_LEVEL, "F"), {"school_id": 1, "level_id": 1}),
        (Field("f", Kind.ADDRESS, "F"), {"street": "1 rue", "postcode": "", "city": "X"}),
        (Field("f", Kind.PHONE, "F"), "zéro"),
        (Field("f", Kind.EMAIL, "F"), "a@b"),
        (Field("f", Kind.IBAN, "F"), "FR7630006000011234567890188"),
        (Field("f", Kind.STATEMENT, "F", required=True), ""),
        (Field("f", Kind.FILE, "F", document_type="rib"), "3"),
        (Field("f", Kind.GROUP, "F", fields=(Field("n", Kind.TEXT, "N"),), max_rows=1), [{}, {}]),
        (Field("f", Kind.GROUP, "F", fields=(Field("n", Kind.CHOICE, "N"),)), [{"n": "z"}]),
    ],
)
def test_an_answer_that_the_field_does_not_allow(field: Field, value: Any) -> None:
    answers, faults = clean([field], {"f": value}, {}, NOTHING)
    assert (answers, {name.partition("-")[0] for name in faults}) == ({}, {"f"})


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        (
            Field("f", Kind.IBAN, "F"),
            "fr76 3000 6000 0112 3456 7890 189",
            "FR7630006000011234567890189",
        ),
        (Field("f", Kind.CHOICES, "F", choices=OFFERED), ["b", "a"], ["a", "b"]),
        (Field("f", Kind.YES_NO, "F"), "no", False),
        (Field("f", Kind.INTEGER, "F"), "0", 0),
        (Field("f", Kind.DATE, "F"), "2027-02-28", "2027-02-28"),
        (Field("f", Kind.PHONE, "F"), "06 12 34 56 78", "06 12 34 56 78"),
    ],
)
def test_an_answer_as_it_is_kept(field: Field, value: Any, kept: Any) -> None:
    assert clean([field], {"f": value}, {}, NOTHING) == ({"f": kept}, {})


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"steps": ()}, "steps"),
        ({"steps": (Step("who", "Qui", ()),)}, "steps[0]"),
        ({"steps": TRIP.steps + TRIP.steps}, "steps"),
        ({"steps": TRIP.steps[::-1][:1] * 2}, "steps"),
        ({"effect": "none"}, "effect"),
        ({"service": "mars"}, "service"),
        ({"documents": (NeededDocument("none"),)}, "documents[0]"),
        ({"once": Once.CHILD_YEAR}, "once"),
        ({"steps": (Step("a", "A", (Field("f", Kind.CHOICE, "F"),)),)}, "steps[0].fields[0]"),
        ({"steps": (Step("a", "A", (Field("f", Kind.FILE, "F"),)),)}, "steps[0].fields[0]"),
        (
            {"steps": (Step("a", "A", (Field("f", Kind.INTEGER, "F", minimum=2, maximum=1),)),)},
            "steps[0].fields[0]",
        ),
    ],
)
def test_what_cannot_be_published_says_where(changes: dict[str, Any], place: str) -> None:
    reasons = rules.checks(replace(TRIP, **changes), rules.Offered())
    assert place in {one.place for one in reasons}


def test_a_sound_definition_can_be_published() -> None:
    assert rules.checks(TRIP, rules.Offered()) == []


def test_moves_name_their_author(
    session: Session, camille: Actor, publish: Publish, ask: Ask
) -> None:
    publish()
    ask()
    assert session.scalars(sa.select(RequestMove.actor_id)).one() == camille.account_id
