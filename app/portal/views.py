"""Home page and the pages that everybody may read."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import get_locale, gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from app.accounts import limits
from app.agenda import texts
from app.core import clock, settings
from app.core.actor import NO_HOUSEHOLD
from app.core.db import commit, db
from app.core.text import N_
from app.core.views import PageView, current_actor, public_page
from app.households import queries as households
from app.portal import queries, services
from app.portal.forms import SUBJECTS, ContactForm
from app.portal.todo import Family, todos
from app.requests import queries as queries_of_requests
from app.requests.catalogue import Entry, by_theme
from app.requests.definition import Theme
from app.wallet import queries as wallets

TEXT_LANGUAGES = ("fr",)
"""Languages of the long texts (terms, personal data, accessibility, questions)."""


class HomeView(PageView):
    """« / » (A1)."""

    route_base = ""

    @public_page("/")
    def index(self) -> Any:
        """Home page, with or without login."""
        if current_actor().household_id != NO_HOUSEHOLD:
            return self._family_home()
        session = db.session()
        return self.page(
            "portal/home.html",
            **_procedures(session),
            news=queries.news(session, clock.now(), queries.NEWS_ON_HOME),
            services=queries.services_of_commune(session),
        )

    def _family_home(self) -> Any:
        session, household_id = db.session(), current_actor().household_id
        children = households.children_of(session, household_id, clock.today())
        standing = wallets.standing(session, household_id)
        family = Family(household_id, standing, has_children=bool(children))
        return self.page(
            "portal/family_home.html",
            first_name=current_user.first_name,
            todos=todos(session, family),
            next_days=queries.next_days(session, household_id, children, clock.today()),
            has_children=bool(children),
            standing=standing,
            **_procedures(session),
            news=queries.news(session, clock.now(), queries.NEWS_ON_HOME),
            texts=texts,
            words=texts.MonthWords(),
        )

    @public_page("/actualites")
    def news(self) -> Any:
        """All the news."""
        found = queries.news(db.session(), clock.now(), None)
        return self.page("portal/news.html", news=found)

    @public_page("/faq")
    def faq(self) -> Any:
        """« Foire aux questions »."""
        return self._text("faq")

    @public_page("/conditions-generales")
    def terms(self) -> Any:
        """General terms of use (A3)."""
        return self._text("terms")

    @public_page("/reglement-interieur")
    def rules(self) -> Any:
        """What the services apply, until the commune gives the address of its own text (B1)."""
        return self._text("rules")

    @public_page("/donnees-personnelles")
    def privacy(self) -> Any:
        """What is kept, why, how long, and the rights of the families."""
        return self._text("privacy")

    @public_page("/accessibilite")
    def accessibility(self) -> Any:
        """Accessibility statement."""
        return self._text("accessibility")

    def _text(self, name: str) -> Any:
        """A long text, written once per language; French where there is no other."""
        asked = str(get_locale() or "fr")[:2]
        language = asked if asked in TEXT_LANGUAGES else "fr"
        return self.page(
            f"portal/texts/{language}/{name}.html",
            commune=settings.get(db.session(), settings.COMMUNE_NAME),
            rules_url=settings.get(db.session(), settings.RULES_URL),
            services=queries.services_of_commune(db.session()),
        )


class ContactView(PageView):
    """« Nous contacter » (A2)."""

    route_base = "/contact"
    limits = limits.per_address("10/minute", "40/hour")

    @public_page("", methods=("GET", "POST"))
    def index(self) -> Any:
        """How to reach each service, and the form."""
        form = ContactForm(data=_known())
        if form.validate_on_submit():
            written = form.written()
            services.receive_message(db.session(), current_actor(), written, clock.now())
            commit(db.session())
            flash(
                gettext(
                    "Your message is sent to the service « %(service)s ». It will answer to"
                    " %(email)s.",
                    service=gettext(SUBJECTS[written.service]),
                    email=written.email,
                ),
                "success",
            )
            return redirect(url_for("ContactView.index"))
        return self.page(
            "portal/contact.html",
            400 if form.errors else 200,
            form=form,
            services=queries.services_of_commune(db.session()),
        )


def _known() -> dict[str, str]:
    """What a person signed in need not type again."""
    if not current_user.is_authenticated:
        return {}
    return {"name": current_user.get_full_name(), "email": current_user.email}


SOON = {
    Theme.CARE: ("declarer-une-absence", N_("Declare the absence of a child")),
    Theme.HOLIDAYS: ("animations-vacances", N_("Holiday camps")),
}
"""Announced until a démarche of this code is there: nothing is promised that leads nowhere (D4)."""


def _procedures(session: Session) -> dict[str, Any]:
    """The cards of the home page: the démarches, and what a family does without one."""
    offers = queries_of_requests.offers(session, clock.today())
    first = {
        Theme.CARE: [
            Entry(gettext("Book the canteen and care"), "/agenda/"),
            Entry(gettext("Top up my account"), "/paiements/"),
        ]
    }
    there = {one.code for one in offers}
    last = {
        theme: [Entry(gettext(title))] for theme, (code, title) in SOON.items() if code not in there
    }
    if rules_url := settings.get(session, settings.RULES_URL):
        rules = Entry(gettext("House rules of the services"), rules_url, needs_login=False)
        last.setdefault(Theme.CARE, []).append(rules)
    cards = by_theme(offers, first=first, last=last)
    return {"updates": cards.pop(Theme.UPDATES.value, None), "themes": cards}
