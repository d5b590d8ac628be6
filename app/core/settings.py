"""What a commune may change: each setting declared once, with its type, default and label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.models import Setting
from app.core.text import N_

Value = TypeVar("Value")


@dataclass(frozen=True)
class Declared(Generic[Value]):
    """One setting. ``kind`` is the Python type; ``optional`` ones may be empty (None)."""

    key: str
    kind: type
    default: Value
    label: str
    hint: str = ""
    optional: bool = False
    minimum: int | None = None
    maximum: int | None = None


COMMUNE_NAME = Declared("commune_name", str, "", N_("Name of the commune"))
PORTAL_ACCENT = Declared(
    "portal_accent",
    str,
    "",
    N_("Accent colour"),
    N_("Empty: the lake blue of the portal."),
    optional=True,
)
RULES_URL = Declared(
    "rules_url",
    str,
    "",
    N_("Address of the « Règlement intérieur »"),
    N_("Linked under the calendar of the families."),
    optional=True,
)
PASSWORD_MIN_LENGTH = Declared(
    "password_min_length",
    int,
    8,
    N_("Minimum length of a password"),
    minimum=8,
    maximum=64,
)
COVER_HORIZON_DAYS: Declared[int | None] = Declared(
    "cover_horizon_days",
    int,
    None,
    N_("Days ahead that the prepaid account must cover"),
    N_("Empty: every booking made must be covered."),
    optional=True,
    minimum=1,
    maximum=400,
)
COVER_POLICY_ON = Declared(
    "cover_policy_on", bool, True, N_("Remove bookings that are not covered")
)
COVER_GRACE_HOURS = Declared(
    "cover_grace_hours",
    int,
    48,
    N_("Hours left to the family before bookings are removed"),
    minimum=1,
    maximum=720,
)
YEAR_FILE_REQUIRED = Declared(
    "year_file_required",
    bool,
    False,
    N_("Booking needs the yearly child file"),
    N_("A household books for a child once its own file of that school year is closed."),
)
TOP_UP_MIN_CENTS = Declared("top_up_min_cents", int, 100, N_("Smallest top-up"), minimum=100)
TOP_UP_MAX_CENTS = Declared("top_up_max_cents", int, 100_000, N_("Largest top-up"), maximum=100_000)

KEEP_DRAFTS_MONTHS = Declared(
    "keep_drafts_months",
    int,
    3,
    N_("Months before an unfinished request is erased"),
    minimum=1,
    maximum=24,
)
KEEP_REFUSED_MONTHS = Declared(
    "keep_refused_months",
    int,
    1,
    N_("Months before the files of a refused document are erased"),
    minimum=1,
    maximum=24,
)
KEEP_MESSAGES_MONTHS = Declared(
    "keep_messages_months",
    int,
    24,
    N_("Months before messages and e-mails are erased"),
    minimum=3,
    maximum=120,
)
KEEP_TRAIL_MONTHS = Declared(
    "keep_trail_months",
    int,
    36,
    N_("Months before the journal of actions and readings is erased"),
    minimum=6,
    maximum=120,
)
KEEP_HOUSEHOLDS_MONTHS = Declared(
    "keep_households_months",
    int,
    36,
    N_("Months before a household is erased, after its last child left"),
    minimum=12,
    maximum=120,
)

ALL: tuple[Declared[Any], ...] = (
    COMMUNE_NAME,
    PORTAL_ACCENT,
    RULES_URL,
    PASSWORD_MIN_LENGTH,
    COVER_HORIZON_DAYS,
    COVER_POLICY_ON,
    COVER_GRACE_HOURS,
    YEAR_FILE_REQUIRED,
    TOP_UP_MIN_CENTS,
    TOP_UP_MAX_CENTS,
    KEEP_DRAFTS_MONTHS,
    KEEP_REFUSED_MONTHS,
    KEEP_MESSAGES_MONTHS,
    KEEP_TRAIL_MONTHS,
    KEEP_HOUSEHOLDS_MONTHS,
)


def get(session: Session, setting: Declared[Value]) -> Value:
    """The commune's value, else the default. All settings are read at once, once per session."""
    kept = _kept(session)
    return kept.get(setting.key, setting.default)


def put(session: Session, setting: Declared[Any], value: Any) -> None:
    """Keep a new value; the caller has validated it (``app.portal`` has the form)."""
    session.merge(Setting(key=setting.key, value=value))
    session.flush()
    session.info.pop("settings", None)


def _kept(session: Session) -> dict[str, Any]:
    if "settings" not in session.info:
        session.info["settings"] = {
            row.key: row.value for row in session.execute(sa.select(Setting.key, Setting.value))
        }
    kept: dict[str, Any] = session.info["settings"]
    return kept


@sa.event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: Any) -> None:
    """Another process may have changed them: read them again in the next transaction."""
    if transaction.parent is None:
        session.info.pop("settings", None)
