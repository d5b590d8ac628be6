"""Words of a yearly file, for the family’s page and the agents’ screen."""

from __future__ import annotations

from app.core.text import N_
from app.households.models import MealCode

MEALS = {
    MealCode.STANDARD: N_("Standard meal"),
    MealCode.NO_PORK: N_("Without pork"),
    MealCode.NO_MEAT: N_("Without meat"),
    MealCode.PACKED: N_("Packed meal brought by the family"),
}
AUTHORISATIONS = {
    "hospital": N_("taken to hospital in an emergency"),
    "transport": N_("journeys by coach on outings"),
    "leave_alone": N_("goes home alone"),
    "photo": N_("photographs"),
}
"""Word of the file → what was allowed or not."""
