"""Who may be booked on what, and what becomes of bookings when it ends (§3.5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import services
from app.activities.errors import (
    AlreadyEnrolled,
    BadPeriod,
    NobodyToEnrol,
    OutsideYear,
    ReasonMissing,
)
from app.activities.models import Enrolment
from app.activities.services import Where
from app.core import hooks
from app.core.actor import SYSTEM, Actor
from app.core.errors import NotFound
from app.households.models import Child, Schooling
from tests.activities.conftest import Town, count_statements
from tests.factories import YEAR_END, YEAR_START, Factory

Ended = tuple[int, date, str]


@pytest.fixture
def told(app: object) -> Iterator[list[Ended]]:
    """(child id, from day, reason) that the rooms above were told, instead of them."""
    seen: list[Ended] = []

    def note(
        session: Session, actor: Actor, child: int, activity: int, day: date, reason: str
    ) -> int:
        seen.append((child, day, reason))
        return 2

    before = list(hooks.enrolment_ended)
    hooks.enrolment_ended[:] = [note]
    yield seen
    hooks.enrolment_ended[:] = before


@pytest.fixture
def jules(make: Factory, town: Town) -> Child:
    """A pupil of the town's school."""
    child = make.child("Jules", make.household("Martin"))
    make.schooling(child)
    return child


def where(town: Town, **more: object) -> Where:
    return Where(town.canteen.id, town.site.id, town.year.id, **more)  # type: ignore[arg-type]


def enrol(session: Session, town: Town, child: Child, **more: date) -> Enrolment:
    place = (town.canteen.id, town.site.id, town.year.id)
    return services.enrol(session, SYSTEM, child.id, *place, **more)


def test_for_the_whole_year(session: Session, town: Town, jules: Child) -> None:
    one = enrol(session, town, jules)
    assert (one.starts_on, one.ends_on) == (YEAR_START, YEAR_END)
    with pytest.raises(AlreadyEnrolled):
        enrol(session, town, jules)


def test_days_are_checked(session: Session, town: Town, jules: Child) -> None:
    with pytest.raises(OutsideYear):
        enrol(session, town, jules, starts_on=date(2026, 8, 31))
    with pytest.raises(OutsideYear):
        enrol(session, town, jules, ends_on=date(2027, 9, 1))
    with pytest.raises(BadPeriod):
        enrol(session, town, jules, starts_on=date(2027, 2, 1), ends_on=date(2027, 1, 31))
    with pytest.raises(NotFound):
        services.enrol(session, SYSTEM, 0, town.canteen.id, town.site.id, town.year.id)
    with pytest.raises(NotFound):
        services.enrol(session, SYSTEM, jules.id, 0, town.site.id, town.year.id)


def test_a_school_in_a_few_statements(session: Session, town: Town, make: Factory) -> None:
    home = make.household("Petit")
    children = [make.child(f"Enfant {number}", home) for number in range(30)]
    for child in children:
        make.schooling(child, "CP" if child.id % 2 else "CM2")
    children[0].left_on = date(2026, 12, 1)
    enrol(session, town, children[1])
    with count_statements(session) as seen:
        count = services.enrol_class(session, SYSTEM, make.school().id, [], where(town))
    assert count == 28
    assert len(seen) <= 7
    assert services.enrol_class(session, SYSTEM, make.school().id, [], where(town)) == 0


def test_one_level_of_a_school(session: Session, town: Town, make: Factory, jules: Child) -> None:
    school, other = make.school(), make.level("CM2")
    with pytest.raises(NobodyToEnrol):
        services.enrol_class(session, SYSTEM, school.id, [other.id], where(town))
    level = session.scalars(sa.select(Schooling.level_id)).one()
    assert services.enrol_class(session, SYSTEM, school.id, [level], where(town)) == 1


def test_ending_cancels_what_comes_after(
    session: Session, town: Town, jules: Child, told: list[Ended]
) -> None:
    one = enrol(session, town, jules)
    last = date(2027, 1, 22)
    assert services.end_enrolment(session, SYSTEM, one.id, last, "Déménagement") == 2
    assert one.ends_on == last
    assert told == [(jules.id, date(2027, 1, 23), "Déménagement")]


def test_ending_never_makes_it_longer(
    session: Session, town: Town, jules: Child, told: list[Ended]
) -> None:
    one = enrol(session, town, jules, ends_on=date(2027, 1, 31))
    services.end_enrolment(session, SYSTEM, one.id, date(2027, 6, 1), "Erreur")
    assert one.ends_on == date(2027, 1, 31)


def test_ended_before_it_began_then_taken_up_again(
    session: Session, town: Town, jules: Child, told: list[Ended]
) -> None:
    one = enrol(session, town, jules, starts_on=date(2027, 3, 1))
    services.end_enrolment(session, SYSTEM, one.id, date(2027, 1, 1), "Annulée")
    assert told == [(jules.id, date(2027, 3, 1), "Annulée")]
    again = enrol(session, town, jules, starts_on=date(2027, 4, 1))
    assert again.id == one.id
    assert again.ends_on == YEAR_END


def test_ending_needs_a_reason(session: Session, town: Town, jules: Child) -> None:
    one = enrol(session, town, jules)
    with pytest.raises(ReasonMissing):
        services.end_enrolment(session, SYSTEM, one.id, date(2027, 1, 22), " ")
    with pytest.raises(NotFound):
        services.end_enrolments(session, SYSTEM, [one.id, 0], date(2027, 1, 22), "Fin")


def test_another_site_cancels_from_tomorrow(
    session: Session, town: Town, jules: Child, make: Factory, told: list[Ended]
) -> None:
    one, elsewhere = enrol(session, town, jules), make.site("École du Centre")
    services.change_enrolment(
        session, SYSTEM, one.id, site_id=elsewhere.id, ends_on=YEAR_END, reason="École"
    )
    assert one.site_id == elsewhere.id
    assert told == [(jules.id, date(2027, 1, 13), "École")]
