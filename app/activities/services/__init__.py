"""Verbs of the room: calendar, openings, enrolments. Callers commit."""

from app.activities.services.calendars import load_calendar as load_calendar
from app.activities.services.enrolments import end_enrolment as end_enrolment
from app.activities.services.enrolments import enrol as enrol
from app.activities.services.enrolments import enrol_many as enrol_many
from app.activities.services.openings import Generated as Generated
from app.activities.services.openings import close_openings as close_openings
from app.activities.services.openings import generate_openings as generate_openings
from app.activities.services.openings import recompute_deadlines as recompute_deadlines
from app.activities.services.openings import reopen_openings as reopen_openings
from app.activities.services.openings import set_capacity as set_capacity
from app.activities.services.prices import copy_year as copy_year
from app.activities.services.prices import prices_changed as prices_changed
