"""« Paiements »: the prepaid account, its movements, its statement (B10, P2)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user

from app.core import clock, settings, tokens
from app.core.db import commit, db
from app.core.errors import NotFound, Refusal
from app.core.money import BadAmount, cents_from
from app.core.pages import attach
from app.core.views import PageView, current_actor, family_page
from app.payments import providers
from app.payments import services as payments
from app.payments.errors import AmountOutOfRange, ProviderDown
from app.payments.jobs import desk
from app.statements import chart, queries, rules
from app.statements.forms import PRESETS, AlertForm, TopUpForm
from app.statements.rules import Period
from app.wallet import crossings
from app.wallet import queries as wallets

MISSING = "montant"
"""Query argument of pages that send a family here: the euros it lacks (brought between the smallest
and the largest top-up)."""


class AccountView(PageView):
    """« Paiements »."""

    route_base = "/paiements"

    @family_page("/")
    def index(self) -> Any:
        return self._page(_new_top_up())

    @family_page("/recharger", methods=["GET", "POST"])
    def top_up(self) -> Any:
        """« Valider le paiement »: towards the platform, or the page again with what is wrong."""
        if request.method == "GET":
            return redirect(url_for("AccountView.index", _anchor="recharger"))
        form = TopUpForm()
        if not form.validate_on_submit():
            return self._page(form, status=400)
        try:
            return redirect(_open_payment(form), code=303)
        except (AmountOutOfRange, ProviderDown) as error:
            db.session().rollback()
            attach(form, "amount", error)
            return self._page(form, status=error.status)

    @family_page("/alerte", methods=["POST"])
    def alert(self) -> Any:
        """The low balance of which the family wants to be told."""
        form, actor = AlertForm(), current_actor()
        try:
            if not form.validate_on_submit():
                return self._page(_new_top_up(), alert=form, status=400)
            crossings.choose_threshold(db.session(), actor.household_id, form.cents, clock.now())
        except Refusal as error:
            attach(form, "threshold", error)
            return self._page(_new_top_up(), alert=form, status=error.status)
        commit(db.session())
        flash(gettext("Your choice is saved."), "success")
        return redirect(url_for("AccountView.index"))

    @family_page("/mouvements/<int:entry_id>")
    def movement(self, entry_id: int) -> Any:
        """One movement and the explanation of its price (B7)."""
        line = queries.movement(db.session(), current_actor().household_id, entry_id)
        return self.page("statements/movement.html", line=line)

    @family_page("/releve")
    def statement(self) -> Any:
        """« Relevé de compte »: a civil year, one month or all of them (P2)."""
        session, household_id = db.session(), current_actor().household_id
        asked = _asked_period(queries.first_year(session, household_id))
        before, lines = queries.between(session, household_id, asked.first, asked.last)
        simple = request.args.get("mode") == "simplifie"
        return self.page(
            "statements/statement_simple.html" if simple else "statements/statement.html",
            asked=asked,
            before_cents=before,
            lines=lines,
            credit_cents=sum(max(line.amount_cents, 0) for line in lines),
            debit_cents=sum(min(line.amount_cents, 0) for line in lines),
        )

    @family_page("/attestation-fiscale")
    def tax_certificate(self) -> Any:
        """Says from when it is available."""
        return self.page("statements/tax_certificate.html", year=clock.today().year)

    def _page(self, form: TopUpForm, *, alert: AlertForm | None = None, status: int = 200) -> Any:
        session, household_id = db.session(), current_actor().household_id
        standing = wallets.standing(session, household_id)
        today = clock.today()
        forecast = rules.forecast(
            today,
            standing.balance_cents,
            queries.upcoming_costs(session, household_id),
            queries.past_costs(session, household_id, today),
        )
        return self.page(
            "statements/account.html",
            status,
            standing=standing,
            forecast=forecast,
            chart=chart.draw(forecast) if forecast.booked and standing.balance_cents > 0 else None,
            movements=queries.page(session, household_id, request.args.get("page", 1, type=int)),
            form=form,
            alert=alert or _alert_form(wallets.wallet_of(session, household_id)),
            page_url=lambda number: url_for("AccountView.index", page=number, _anchor="mouvements"),
        )


def _new_top_up() -> TopUpForm:
    """An empty form with a new mark, filled with the amount that another page found missing."""
    missing = _missing()
    form = TopUpForm(
        formdata=None,
        token=str(uuid4()),
        preset=None if missing else str(PRESETS[1]),
        amount=missing,
    )
    return form


def _missing() -> str:
    try:
        cents = cents_from(request.args.get(MISSING, ""))
    except BadAmount:
        return ""
    cents = max(cents, settings.get(db.session(), settings.TOP_UP_MIN_CENTS))
    cents = min(cents, settings.get(db.session(), settings.TOP_UP_MAX_CENTS))
    return f"{cents // 100},{cents % 100:02d}"


def _alert_form(wallet: Any) -> AlertForm:
    cents = wallet.low_threshold_cents if wallet else None
    return AlertForm(
        formdata=None, threshold="" if cents is None else f"{cents // 100},{cents % 100:02d}"
    )


def _open_payment(form: TopUpForm) -> str:
    """Begin the payment of this form; the address of the platform's page."""
    session, actor = db.session(), current_actor()
    payment = payments.start_top_up(
        session,
        actor,
        actor.household_id,
        form.cents or 0,
        form_token=tokens.of_form(form.token.data, form.cents),
        provider=providers.current().name,
        now=clock.now(),
    )
    label = gettext("Prepaid account, household %(id)s", id=actor.household_id)
    return desk(session).open(payment, label, _email())


def _email() -> str:
    return str(current_user.email or "")


def _asked_period(first_year: int | None) -> Period:
    """From the address; a year without movements or a month that does not exist is 404."""
    this_year = clock.today().year
    years = tuple(range(this_year, (first_year or this_year) - 1, -1))
    year = request.args.get("annee", this_year, type=int)
    month = request.args.get("mois", "")
    if year not in years or not (month == "" or (month.isdecimal() and 1 <= int(month) <= 12)):
        raise NotFound
    return Period(year, int(month) if month else None, years)
