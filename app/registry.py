"""The one list of views, menus, jobs, providers and hooks."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import current_app
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _l

from app.accounts import models as _accounts  # noqa: F401  (tables known to one metadata)
from app.accounts.admin import FamilyAccountAdmin, StaffAccountAdmin
from app.accounts.views import LostView, OptionsView, RegistrationView
from app.activities import admin as activities_admin
from app.activities import daily_admin
from app.activities import models as _activities  # noqa: F401
from app.activities.desk_views import OpeningDesk, YearDesk
from app.activities.enrolment_views import EnrolmentDesk
from app.activities.health_views import HealthDesk
from app.activities.missing_views import MissingDocumentsDesk
from app.activities.price_views import PriceDesk
from app.agenda.grouped_views import GroupedView
from app.agenda.views import AgendaView
from app.attendance.leaving_views import LeavingDesk
from app.charging import coverage
from app.charging import models as _charging  # noqa: F401
from app.charging import services as charges
from app.charging.admin import ChargeAdmin, CoverageCaseAdmin
from app.charging.desk_views import ChargeDesk
from app.core import hooks, pages
from app.core import models as _core  # noqa: F401
from app.core.scheduling import DailyAt, Every, Job
from app.core.text import N_
from app.documents import household_panel as documents_panel
from app.documents import models as _documents  # noqa: F401
from app.documents.admin import DocumentTypeAdmin
from app.documents.desk_views import DocumentDesk
from app.documents.views import DocumentsView, states_for_profile
from app.households import admin as households_admin
from app.households import models as _households  # noqa: F401
from app.households import services as households
from app.households.child_desk import ChildDesk
from app.households.desk_views import HouseholdDesk
from app.households.search_views import SearchView
from app.households.views import InvitationView, ProfileView
from app.households.year_file_admin import YearFileAdmin
from app.notices import models as _notices  # noqa: F401
from app.notices import views as notice_views
from app.notices.admin import OutboxAdmin
from app.payments import models as _payments  # noqa: F401
from app.payments import providers as payment_providers
from app.payments.models import Purpose
from app.payments.views import DemoPaymentView, PaymentView, ReceiptView
from app.portal import admin as portal_admin
from app.portal import desk_views as portal_desk
from app.portal import models as _portal  # noqa: F401
from app.portal.views import ContactView, HomeView
from app.procedures import builtin, refund_desk
from app.procedures.household_page import HouseholdUpdateView, waiting_card
from app.procedures.pickup_page import PickupView
from app.requests import household_panel as requests_panel
from app.requests import models as _requests  # noqa: F401
from app.requests.designer_views import DesignerView
from app.requests.desk_views import RequestDeskView
from app.requests.draft_views import DraftView
from app.requests.preview_views import PreviewView
from app.requests.views import RequestsView
from app.requests.wizard_views import ProceduresView
from app.reservations import cancelling, repricing
from app.reservations import models as _reservations  # noqa: F401
from app.reservations import queries as reservation_queries
from app.reservations.admin import BookingAdmin, BookingChangeAdmin
from app.reservations.desk_views import BookingDesk
from app.retention import erasures, exports
from app.retention import models as _retention  # noqa: F401
from app.retention.views import MyDataView, RetentionDesk
from app.statements.views import AccountView
from app.wallet import household_panel, money
from app.wallet import models as _wallet  # noqa: F401
from app.wallet import queries as wallet_queries
from app.wallet import services as wallet
from app.wallet.admin import (
    LedgerEntryAdmin,
    LedgerTransactionAdmin,
    PaymentAdmin,
    RefundAdmin,
    WalletAdmin,
)
from app.wallet.counter_views import CounterView

JOBS: tuple[Job, ...] = (
    Job("send", "app.notices.jobs:send", Every(minutes=1), N_("sends the e-mails that wait")),
    Job(
        "purge",
        "app.retention.jobs:purge",
        DailyAt(3, 0),
        N_("erases what is kept no longer; warns households a month before"),
    ),
    Job(
        "exports",
        "app.retention.exports:make_due",
        Every(minutes=5),
        N_("puts together the data that families asked for"),
    ),
    Job(
        "payments",
        "app.payments.jobs:reconcile",
        Every(minutes=5),
        "asks the payment platform after payments that never came back",
    ),
    Job(
        "charge",
        "app.charging.jobs:charge",
        DailyAt(0, 30),
        "debits what was consumed before today",
    ),
    Job(
        "cover",
        "app.charging.jobs:cover",
        Every(minutes=60),
        "warns of bookings that are not covered, then removes them",
    ),
    Job(
        "documents",
        "app.documents.jobs:remind",
        DailyAt(7, 0),
        N_("reminds families of documents that are going to expire"),
    ),
    Job(
        "forget-files",
        "app.documents.purge:purge",
        DailyAt(3, 30),
        N_("forgets files that no document and no export tells of"),
    ),
    Job(
        "holds",
        "app.reservations.jobs:holds",
        Every(minutes=1),
        "releases places held for payments that did not come",
    ),
)
"""What the schedule runs; one line each, by the business clock."""


def index_view() -> type[Any]:
    """The view at « / »."""
    return HomeView


def fill_hooks() -> None:
    """Let low rooms reach high ones (architecture.md)."""
    hooks.reset()
    pages.shell_facts[:] = [portal_desk.shell_facts, notice_views.shell_facts]
    hooks.account_activated.append(households.attach_registered)
    hooks.email_changed.append(households.follow_email)
    hooks.household_created.append(wallet.ensure_wallet)
    hooks.document_states.append(states_for_profile)
    hooks.household_in_use.append(wallet_queries.has_history)
    hooks.household_panels += [requests_panel.panel, household_panel.panel, refund_desk.panel]
    hooks.household_panels.append(documents_panel.panel)
    hooks.found_by_number.append(requests_panel.numbered)
    hooks.profile_cards.append(waiting_card)
    hooks.settle[Purpose.TOP_UP.value] = money.credit_top_up
    hooks.openings_closed.append(cancelling.openings_closed)
    hooks.tie_ended.append(cancelling.tie_ended)
    hooks.enrolment_ended.append(cancelling.enrolment_ended)
    hooks.prices_changed.append(repricing.prices_changed)
    hooks.committed_cents.append(reservation_queries.required_cover)
    hooks.bookings_uncharged.append(charges.bookings_uncharged)
    hooks.wallet_credited.append(coverage.credited)
    hooks.files_in_use.append(exports.in_use)
    hooks.erasure_agreed.append(erasures.agree)
    builtin.register()


def add_views(appbuilder: AppBuilder) -> None:
    """Family pages first, then the agents' screens with their place in the menu."""
    appbuilder.add_view(
        portal_desk.DashboardView, "Dashboard", label=_l("Dashboard"), icon="speedometer2"
    )
    for page in (ContactView, notice_views.MessagesView):
        appbuilder.add_view_no_menu(page)
    for page in (RegistrationView, LostView, OptionsView):
        appbuilder.add_view_no_menu(page)
    for page in (
        ProfileView,
        RequestsView,
        ProceduresView,
        SearchView,
        InvitationView,
        HouseholdDesk,
        ChildDesk,
    ):
        appbuilder.add_view_no_menu(page)
    for page in (DocumentsView, HouseholdUpdateView, PickupView):
        appbuilder.add_view_no_menu(page)
    for page in (AgendaView, GroupedView):
        appbuilder.add_view_no_menu(page)
    for desk_page in (BookingDesk, ChargeDesk):
        appbuilder.add_view_no_menu(desk_page)
    appbuilder.add_view_no_menu(MyDataView)
    _add_families(appbuilder)
    _add_activities(appbuilder)
    payment_providers.init_app(current_app)
    for view in (AccountView, PaymentView, ReceiptView, DemoPaymentView):
        appbuilder.add_view_no_menu(view)
    _add_bookings(appbuilder)
    _add_money(appbuilder)
    _add_accounts(appbuilder)
    _add_portal(appbuilder)


def _add_accounts(appbuilder: AppBuilder) -> None:
    """Families' accounts stand with the families, the staff's with the settings."""
    appbuilder.add_view(
        FamilyAccountAdmin,
        "Accounts",
        label=_l("Accounts"),
        icon="person",
        category="Families",
        category_label=_l("Families"),
    )
    appbuilder.add_view(
        StaffAccountAdmin,
        "Staff accounts",
        label=_l("Staff accounts"),
        icon="people-fill",
        category="Settings",
        category_label=_l("Settings"),
    )


def _add_money(appbuilder: AppBuilder) -> None:
    """« Régie »."""
    add = partial(
        appbuilder.add_view, category="Money", category_label=_l("Money"), category_icon=""
    )
    add(ChargeAdmin, "Charges", label=_l("Charges"), icon="receipt")
    add(CoverageCaseAdmin, "Cover", label=_l("Bookings not covered"), icon="exclamation-triangle")
    add(CounterView, "Counter", label=_l("Counter"), icon="cash-coin")
    add(PaymentAdmin, "Payments", label=_l("Payments"), icon="credit-card")
    add(RefundAdmin, "Refunds", label=_l("Refunds"), icon="arrow-counterclockwise")
    add(
        refund_desk.RefundDesk,
        "Refunds asked for",
        label=_l("Refunds asked for"),
        icon="bank",
    )
    add(WalletAdmin, "Prepaid accounts", label=_l("Prepaid accounts"), icon="wallet2")
    add(LedgerTransactionAdmin, "Ledger", label=_l("Ledger"), icon="book")
    appbuilder.add_view_no_menu(LedgerEntryAdmin)


def _add_bookings(appbuilder: AppBuilder) -> None:
    """Bookings, among the services."""
    add = partial(
        appbuilder.add_view, category="Services", category_label=_l("Services"), category_icon=""
    )
    add(BookingAdmin, "Bookings", label=_l("Bookings"), icon="calendar-check")
    add(
        BookingChangeAdmin,
        "Booking journal",
        label=_l("Journal of the bookings"),
        icon="clock-history",
    )


def _add_families(appbuilder: AppBuilder) -> None:
    """« Familles », and the schools among the settings."""
    add = partial(
        appbuilder.add_view, category="Families", category_label=_l("Families"), category_icon=""
    )
    screens = households_admin
    add(RequestDeskView, "Requests", label=_l("Requests of families"), icon="card-checklist")
    add(DocumentDesk, "Documents", label=_l("Documents to look at"), icon="file-earmark-check")
    add(
        MissingDocumentsDesk,
        "Missing documents",
        label=_l("Missing documents"),
        icon="file-earmark-x",
    )
    add(screens.HouseholdAdmin, "Households", label=_l("Households"), icon="house-door")
    add(screens.AdultAdmin, "Adults", label=_l("Adults"), icon="person")
    add(screens.ChildAdmin, "Children", label=_l("Children"), icon="people")
    add(screens.InvitationAdmin, "Invitations", label=_l("Invitations"), icon="envelope")
    add(
        YearFileAdmin,
        "Yearly child files",
        label=_l("Yearly child files"),
        icon="file-earmark-text",
    )
    add(HealthDesk, "Health", label=_l("Health"), icon="heart-pulse")
    add(screens.GuardianshipAdmin, "Ties", label=_l("Ties"), icon="link-45deg")
    add(screens.SchoolingAdmin, "Schoolings", label=_l("Schoolings"), icon="book")
    add(screens.QuotientAdmin, "Quotients", label=_l("Quotients"), icon="calculator")
    add(screens.ResidenceAdmin, "Residences", label=_l("Residences"), icon="geo-alt")
    settings = partial(
        appbuilder.add_view, category="Settings", category_label=_l("Settings"), category_icon=""
    )
    settings(
        DocumentTypeAdmin, "Kinds of documents", label=_l("Kinds of documents"), icon="card-list"
    )
    settings(DesignerView, "Procedures", label=_l("Request types"), icon="diagram-3")
    for designer_page in (DraftView, PreviewView):
        appbuilder.add_view_no_menu(designer_page)
    settings(screens.SchoolAdmin, "Schools", label=_l("Schools"), icon="building")
    settings(screens.LevelAdmin, "Levels", label=_l("Levels"), icon="list-ul")
    settings(screens.SchoolYearAdmin, "School years", label=_l("School years"), icon="calendar3")


def _add_portal(appbuilder: AppBuilder) -> None:
    """Messages received with the families; news, services and e-mails with the settings."""
    appbuilder.add_view(
        portal_admin.ContactMessageAdmin,
        "Messages received",
        label=_l("Messages received"),
        icon="envelope",
        category="Families",
        category_label=_l("Families"),
    )
    add = partial(
        appbuilder.add_view, category="Settings", category_label=_l("Settings"), category_icon=""
    )
    add(portal_desk.SettingsView, "Commune", label=_l("Settings of the commune"), icon="sliders")
    add(portal_admin.NewsAdmin, "News", label=_l("News"), icon="newspaper")
    add(portal_admin.ServiceAdmin, "Services", label=_l("Services"), icon="telephone")
    add(RetentionDesk, "Retention", label=_l("Retention of data"), icon="hourglass-split")
    add(OutboxAdmin, "E-mails", label=_l("E-mails sent"), icon="send")
    if notice_views.is_demonstration():
        add(
            notice_views.DemoMailView,
            "E-mails of the demonstration",
            label=_l("E-mails of the demonstration"),
            icon="inbox",
        )


def _add_activities(appbuilder: AppBuilder) -> None:
    """« Services », in the order in which a commune enters them."""
    add = partial(
        appbuilder.add_view, category="Services", category_label=_l("Services"), category_icon=""
    )
    screens = activities_admin
    add(daily_admin.EnrolmentAdmin, "Enrolments", label=_l("Enrolments"), icon="person-check")
    add(daily_admin.OpeningAdmin, "Openings", label=_l("Openings"), icon="calendar-event")
    add(OpeningDesk, "Close openings", label=_l("Close openings"), icon="calendar-x")
    add(YearDesk, "Prepare a school year", label=_l("Prepare a school year"), icon="calendar-plus")
    add(LeavingDesk, "Going home", label=_l("Going home"), icon="door-open")
    add(
        daily_admin.SiteStaffAdmin,
        "Animators",
        label=_l("Animators of the sites"),
        icon="person-badge",
    )
    add(screens.CalendarPeriodAdmin, "Calendar", label=_l("Calendar"), icon="calendar3")
    add(screens.OpeningPatternAdmin, "Patterns", label=_l("Opening patterns"), icon="calendar-week")
    add(daily_admin.PriceGridAdmin, "Price grids", label=_l("Price grids"), icon="tags")
    add(screens.ActivityAdmin, "Activities", label=_l("Activities"), icon="star")
    add(screens.SlotAdmin, "Slots", label=_l("Slots"), icon="clock")
    add(screens.DeadlineRuleAdmin, "Deadlines", label=_l("Deadline rules"), icon="hourglass-split")
    add(screens.SiteAdmin, "Sites", label=_l("Sites"), icon="geo-alt")
    for desk in (EnrolmentDesk, PriceDesk):
        appbuilder.add_view_no_menu(desk)
