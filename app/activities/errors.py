"""What the rules of activities do not allow."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class NoPrice(Refusal):
    """No grid, or no band of it, gives a price: never free by accident (§3.11)."""

    text = N_("This service has no price yet. Contact the service.")


class NoWorkingDay(Refusal):
    """A deadline counted in working days finds none for a year."""

    text = N_("The calendar leaves no working day before %(day)s.")


class ReasonMissing(Refusal):
    """What families are told about needs a reason."""

    status = 400
    text = N_("Give a reason: families will read it.")


class CalendarMissing(Refusal):
    """Openings without the holidays would open every weekday of the year."""

    text = N_(
        "The calendar of %(year)s has no school holidays or no public holidays. Load it, or enter"
        " them, before generating the openings."
    )


class NoPattern(Refusal):
    """Nothing to generate from."""

    text = N_("No opening pattern is recorded for %(year)s.")


class NoSchoolYear(Refusal):
    """An opening belongs to a school year."""

    status = 400
    text = N_("No school year contains %(day)s.")


class OpeningExists(Refusal):
    """One opening per slot, site and day."""

    text = N_("This slot already has an opening at this site on %(day)s.")


class NothingChosen(Refusal):
    """A bulk change that concerns nothing."""

    text = N_("No opening fits these choices.")


class BadCapacity(Refusal):
    """A capacity is a number of places."""

    status = 400
    text = N_("The number of places goes from 0 to %(most)s.")


class BadWeekdays(Refusal):
    """Digits of weekdays, each once."""

    status = 400
    text = N_("Choose at least one weekday.")


class BadRule(Refusal):
    """A deadline rule that cannot be counted."""

    status = 400
    text = N_("The number of days goes from 0 to %(most)s.")


class BadPeriod(Refusal):
    """Dates in the wrong order, or outside the school year."""

    status = 400
    text = N_("The dates must follow each other.")


class OutsideYear(Refusal):
    """An enrolment stays inside its school year."""

    status = 400
    text = N_("The dates must be within the school year %(year)s.")


class AlreadyEnrolled(Refusal):
    """One enrolment per child, activity and school year."""

    text = N_("This child is already enrolled in this activity for this school year.")


class NobodyToEnrol(Refusal):
    """A class without pupils."""

    text = N_("No child of this school and level is recorded for this school year.")


class BadBand(Refusal):
    """A band that contains no quotient."""

    status = 400
    text = N_("Band “%(name)s” must end above where it begins.")


class BandsOverlap(Refusal):
    """Two bands that fit the same family: the price would be anybody's guess."""

    status = 400
    text = N_("Bands “%(first)s” and “%(second)s” fit the same families.")


class NoBand(Refusal):
    """A grid says at least one price."""

    status = 400
    text = N_("A grid needs at least one band.")


class NothingToCopy(Refusal):
    """The year to copy from is empty."""

    text = N_("There is nothing to copy from %(year)s.")


class BadHours(Refusal):
    """A slot ends after it begins."""

    status = 400
    text = N_("The slot must end after it begins.")
