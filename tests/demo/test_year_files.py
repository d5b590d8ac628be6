"""The demonstration shows health marks, persons who collect, a restriction and an animator's site."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask

from app import demo
from app.accounts.models import Account
from app.activities import health_queries
from app.activities.models import Site, SiteStaff
from app.attendance import queries
from app.core import clock
from app.core.db import db
from app.households.models import Guardianship, PickupRight, SchoolYear, YearFile


def test_montclair_has_yearly_files_and_whom_to_hand_children_to(app: Flask) -> None:
    assert demo.load(app)
    with app.app_context():
        session = db.session()
        year = session.scalars(
            sa.select(SchoolYear).order_by(SchoolYear.starts_on.desc()).limit(1)
        ).one()
        pupils = health_queries.pupils(session, year.id)
        assert any(one.has_pai for one in pupils)
        assert any(one.has_allergies for one in pupils)
        assert any(not one.has_file for one in pupils)
        assert sum(one.has_file for one in pupils) > 0.7 * len(pupils)
        erased = session.scalars(
            sa.select(YearFile.health_cipher).where(YearFile.school_year_id != year.id)
        ).all()
        assert erased
        assert not any(erased), "last year's health data is gone"
        assert session.scalar(sa.select(sa.func.count()).select_from(PickupRight))
        assert session.scalar(
            sa.select(sa.func.count())
            .select_from(Guardianship)
            .where(Guardianship.restricted_at.is_not(None))
        )
        leader = session.scalars(sa.select(Account).where(Account.username == "animateur")).one()
        site = session.scalars(sa.select(SiteStaff.site_id)).one()
        assert session.get_one(Site, site)
        assert leader.roles[0].name == "Animateur"
        assert isinstance(queries.leaving(session, site, clock.today()), list)
