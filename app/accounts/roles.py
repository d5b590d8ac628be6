"""The one table of rights (product.md §4): role → what it may do on each view.

A view without a line here fails the house test; the release step writes the table to the database.
A right is a name that the view declares: « can_list », « can_use » (family pages), or an action's
own name. Entries of the menu follow from the views: nobody writes them here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PARENT: Final = "Parent"
AGENT: Final = "Agent"
CASHIER: Final = "Régisseur"
LEADER: Final = "Animateur"
HEALTH: Final = "Santé"
ADMIN: Final = "Administrateur"

ROLES: Final = (PARENT, AGENT, CASHIER, LEADER, HEALTH, ADMIN)
STAFF: Final = (AGENT, CASHIER, LEADER, HEALTH, ADMIN)

Rights = frozenset[str]

USE: Final[Rights] = frozenset({"can_use"})
READ: Final[Rights] = frozenset({"can_list", "can_show"})
WRITE: Final[Rights] = READ | {"can_add", "can_edit"}
EVERY: Final[Rights] = frozenset({"*"})
"""Every right that the view declares, its actions included."""


def also(rights: Rights, *more: str) -> Rights:
    """``rights`` and some actions: ``also(READ, "unlock")``."""
    return rights | frozenset(more)


PUBLIC: Final[Mapping[str, Rights]] = {}
"""A view open to everybody declares no right."""
FAMILY: Final[Mapping[str, Rights]] = {PARENT: USE}
EVERYBODY: Final[Mapping[str, Rights]] = dict.fromkeys(ROLES, USE)
SETTINGS: Final[Mapping[str, Rights]] = {ADMIN: EVERY}

RIGHTS: dict[str, Mapping[str, Rights]] = {
    # portal
    "HomeView": PUBLIC,
    "ContactView": PUBLIC,
    "DashboardView": dict.fromkeys(STAFF, USE),
    "SettingsView": SETTINGS,
    "ContactMessageAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "NewsAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "ServiceAdmin": {AGENT: READ, ADMIN: EVERY},
    "RetentionDesk": SETTINGS,
    "MyDataView": FAMILY,
    # notices
    "MessagesView": EVERYBODY,
    "OutboxAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "DemoMailView": dict.fromkeys(STAFF, USE),
    # accounts
    "SignInView": PUBLIC,
    "RegistrationView": PUBLIC,
    "LostView": PUBLIC,
    "OptionsView": EVERYBODY,
    "FamilyAccountAdmin": {AGENT: also(READ, "unlock"), CASHIER: READ, ADMIN: EVERY},
    "StaffAccountAdmin": {ADMIN: EVERY},
    # payments and wallet
    "PaymentView": PUBLIC,
    "DemoPaymentView": PUBLIC,
    "ReceiptView": FAMILY,
    "CounterView": {CASHIER: USE, ADMIN: USE},
    "PaymentAdmin": {AGENT: READ, CASHIER: EVERY, ADMIN: EVERY},
    "RefundAdmin": {CASHIER: READ, ADMIN: READ},
    "WalletAdmin": {AGENT: READ, CASHIER: READ, ADMIN: READ},
    "LedgerTransactionAdmin": {CASHIER: READ, ADMIN: READ},
    "LedgerEntryAdmin": {CASHIER: READ, ADMIN: READ},
    # agenda
    "AgendaView": FAMILY,
    "GroupedView": FAMILY,
    # reservations and charging
    "BookingDesk": {AGENT: USE, ADMIN: USE},
    "BookingAdmin": {AGENT: EVERY, CASHIER: READ, ADMIN: EVERY},
    "BookingChangeAdmin": {AGENT: READ, ADMIN: READ},
    "ChargeDesk": {AGENT: EVERY, CASHIER: EVERY, ADMIN: EVERY},
    "ChargeAdmin": {AGENT: EVERY, CASHIER: EVERY, ADMIN: EVERY},
    "CoverageCaseAdmin": {AGENT: EVERY, CASHIER: EVERY, ADMIN: EVERY},
    # attendance
    "LeavingDesk": {AGENT: USE, LEADER: USE, ADMIN: USE},
    # statements
    "AccountView": FAMILY,
    # households
    "ProfileView": FAMILY,
    "RequestsView": FAMILY,
    "ProceduresView": PUBLIC,
    "SearchView": {AGENT: USE, CASHIER: USE, ADMIN: USE},
    "InvitationView": PUBLIC,
    "HouseholdDesk": {AGENT: EVERY, CASHIER: USE, ADMIN: EVERY},
    "ChildDesk": {AGENT: USE, ADMIN: USE},
    "HouseholdAdmin": {AGENT: WRITE, CASHIER: READ, ADMIN: WRITE},
    "AdultAdmin": {AGENT: READ, CASHIER: READ, ADMIN: READ},
    "ChildAdmin": {AGENT: READ, CASHIER: READ, ADMIN: READ},
    "GuardianshipAdmin": {AGENT: READ, ADMIN: READ},
    "QuotientAdmin": {AGENT: EVERY, CASHIER: READ, ADMIN: EVERY},
    "ResidenceAdmin": {AGENT: EVERY, CASHIER: READ, ADMIN: EVERY},
    "InvitationAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "YearFileAdmin": {AGENT: READ, ADMIN: READ},
    "SchoolingAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "SchoolAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "LevelAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "SchoolYearAdmin": {AGENT: EVERY, ADMIN: EVERY},
    # documents
    "DocumentsView": FAMILY,
    "DocumentDesk": {AGENT: USE, ADMIN: USE},
    "MissingDocumentsDesk": {AGENT: USE, ADMIN: USE},
    "DocumentTypeAdmin": {AGENT: EVERY, ADMIN: EVERY},
    # requests
    "RequestDeskView": {AGENT: USE, ADMIN: USE},
    "DesignerView": {AGENT: USE, ADMIN: USE},
    "DraftView": {AGENT: USE, ADMIN: USE},
    "PreviewView": {AGENT: USE, ADMIN: USE},
    # procedures
    "PickupView": FAMILY,
    "HouseholdUpdateView": FAMILY,
    "RefundDesk": {CASHIER: USE, ADMIN: USE},
    # activities
    "SiteAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "DeadlineRuleAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "ActivityAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "SlotAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "OpeningPatternAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "CalendarPeriodAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "OpeningAdmin": {AGENT: EVERY, LEADER: READ, ADMIN: EVERY},
    "EnrolmentAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "PriceGridAdmin": {AGENT: EVERY, CASHIER: EVERY, ADMIN: EVERY},
    "OpeningDesk": {AGENT: USE, ADMIN: USE},
    "YearDesk": {AGENT: USE, ADMIN: USE},
    "HealthDesk": {HEALTH: USE},
    "SiteStaffAdmin": {AGENT: EVERY, ADMIN: EVERY},
    "EnrolmentDesk": {AGENT: USE, ADMIN: USE},
    "PriceDesk": {AGENT: USE, CASHIER: USE, ADMIN: USE},
}
"""View name → role → rights; one line per view, in the order of the rooms."""
