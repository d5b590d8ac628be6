"""The verbs of this room. Each takes (session, actor, …), flushes and never commits."""

from __future__ import annotations

from app.activities.services.calendars import Loaded, load_calendar, remove_period, save_period
from app.activities.services.closing import (
    Closed,
    add_opening,
    check_capacity,
    close_openings,
    edit_opening,
    reopen_openings,
    set_capacity,
)
from app.activities.services.deadlines import recompute_deadlines, save_rule
from app.activities.services.enrolments import (
    Where,
    change_enrolment,
    end_enrolment,
    end_enrolments,
    enrol,
    enrol_class,
    enrol_many,
)
from app.activities.services.openings import Generated, generate_openings
from app.activities.services.prices import NEW, Saved, copy_grids, prices_changed, save_bands
from app.activities.services.years import Copied, copy_year

__all__ = [
    "NEW",
    "Closed",
    "Copied",
    "Generated",
    "Loaded",
    "Saved",
    "Where",
    "add_opening",
    "change_enrolment",
    "check_capacity",
    "close_openings",
    "copy_grids",
    "copy_year",
    "edit_opening",
    "end_enrolment",
    "end_enrolments",
    "enrol",
    "enrol_class",
    "enrol_many",
    "generate_openings",
    "load_calendar",
    "prices_changed",
    "recompute_deadlines",
    "remove_period",
    "reopen_openings",
    "save_bands",
    "save_period",
    "save_rule",
    "set_capacity",
]
