"""The régisseur's counter (B11): a household, its money in and out, the day's list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext

from app.core import clock, dates, tokens
from app.core.db import commit, db
from app.core.errors import NotFound, Refusal
from app.core.pages import attach
from app.core.views import PageView, agent_page, current_actor
from app.households import search
from app.households.models import Household
from app.payments import queries as payments
from app.payments import receipts
from app.payments import services as payment_services
from app.payments.errors import ChequeIncomplete
from app.payments.models import Method, Payment, PaymentState
from app.wallet import money, queries
from app.wallet.counter_export import as_csv
from app.wallet.forms import CounterForm, ReasonForm, RefundForm

LAYOUT = "layout/agents.html"


class CounterView(PageView):
    """« Guichet »."""

    route_base = "/agents/guichet"

    @agent_page("/")
    def index(self) -> Any:
        """Find a household; what was taken today."""
        typed = request.args.get("q", "")[:80]
        found = search.households_like(db.session(), typed)
        return self.page(
            "wallet/counter.html",
            typed=typed,
            found=found,
            day=payments.counter_day(db.session(), clock.today()),
        )

    @agent_page("/jour")
    def day(self) -> Any:
        """The list of one day, with its totals."""
        return self.page(
            "wallet/counter_day.html", day=payments.counter_day(db.session(), _asked_day())
        )

    @agent_page("/jour.csv")
    def day_csv(self) -> Any:
        """The same for a spreadsheet."""
        day = payments.counter_day(db.session(), _asked_day())
        response = Response(as_csv(day), mimetype="text/csv")
        name = f"guichet-{day.day.isoformat()}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @agent_page("/foyers/<int:household_id>", methods=["GET", "POST"])
    def receive(self, household_id: int) -> Any:
        """Credit cash or a cheque; answers with the receipt to hand out."""
        household, form = _household(household_id), _with_token(CounterForm())
        if form.validate_on_submit():
            payment = _tried(form, lambda: _received(household_id, form))
            if payment is not None:
                return redirect(url_for("CounterView.receipt", payment_id=payment.id), code=303)
        return self._form("wallet/receive.html", form, household)

    @agent_page("/foyers/<int:household_id>/remboursement", methods=["GET", "POST"])
    def refund(self, household_id: int) -> Any:
        """Give money back out of the prepaid account (§3.2)."""
        household, form = _household(household_id), _with_token(RefundForm())
        if form.validate_on_submit():
            given = _tried(form, lambda: _refunded(household_id, form))
            if given is not None:
                flash(gettext("The refund is recorded."), "success")
                return redirect(url_for("CounterView.receive", household_id=household_id), code=303)
        return self._form("wallet/refund.html", form, household)

    @agent_page("/recus/<int:payment_id>")
    def receipt(self, payment_id: int) -> Any:
        """The numbered receipt to print."""
        return receipts.as_page(payments.receipt(db.session(), payment_id), layout=LAYOUT)

    @agent_page("/recus/<int:payment_id>.pdf")
    def receipt_pdf(self, payment_id: int) -> Any:
        return receipts.as_pdf(db.session(), payments.receipt(db.session(), payment_id))

    @agent_page("/recus/<int:payment_id>/annulation", methods=["GET", "POST"])
    def reverse(self, payment_id: int) -> Any:
        """Take a payment of the counter back, with a reason."""
        receipt, form = payments.receipt(db.session(), payment_id), ReasonForm()
        if form.validate_on_submit() and _tried(form, lambda: _reversed(payment_id, form)):
            flash(gettext("The payment is reversed."), "success")
            return redirect(url_for("CounterView.receipt", payment_id=payment_id), code=303)
        status = 400 if form.errors else 200
        return self.page("wallet/reverse.html", status, form=form, receipt=receipt)

    @agent_page("/a-verifier/<int:payment_id>", methods=["GET", "POST"])
    def review(self, payment_id: int) -> Any:
        """Decide what becomes of money that does not match what was asked."""
        payment, form = _to_review(payment_id), ReasonForm()
        if form.validate_on_submit() and _tried(form, lambda: _decided(payment_id, form)):
            flash(gettext("The decision is recorded."), "success")
            return redirect(url_for("CounterView.index"), code=303)
        status = 400 if form.errors else 200
        return self.page("wallet/review.html", status, form=form, payment=_to_review(payment.id))

    def _form(self, template: str, form: Any, household: Household) -> Any:
        return self.page(
            template,
            400 if form.errors else 200,
            form=form,
            household=household,
            standing=queries.standing(db.session(), household.id),
        )


def _tried(form: Any, act: Callable[[], Any]) -> Any:
    """What ``act`` made, committed; None when it was refused, and the form says why."""
    try:
        made = act()
        commit(db.session())
    except Refusal as error:
        db.session().rollback()
        attach(form, _field_of(form, error), error)
        return None
    return made


def _field_of(form: Any, error: Refusal) -> str | None:
    if isinstance(error, ChequeIncomplete):
        return "cheque_number"
    return "amount" if "amount" in form else "reason"


def _received(household_id: int, form: CounterForm) -> Payment:
    return payment_services.record_counter_payment(
        db.session(),
        current_actor(),
        household_id,
        method=Method(form.method.data),
        amount_cents=form.cents,
        bank=form.bank.data or "",
        cheque_number=form.cheque_number.data or "",
        form_token=tokens.of_form(
            form.token.data, form.method.data, form.cents, form.bank.data, form.cheque_number.data
        ),
        now=clock.now(),
    )


def _refunded(household_id: int, form: RefundForm) -> Any:
    return money.refund(
        db.session(),
        current_actor(),
        household_id,
        amount_cents=form.cents,
        method=form.method.data,
        reason=form.reason.data,
        form_token=tokens.of_form(form.token.data, form.method.data, form.cents),
        now=clock.now(),
    )


def _reversed(payment_id: int, form: ReasonForm) -> Payment:
    return money.reverse_counter_payment(
        db.session(), current_actor(), payment_id, form.reason.data, clock.now()
    )


def _decided(payment_id: int, form: ReasonForm) -> Payment:
    session, actor, reason = db.session(), current_actor(), form.reason.data
    if request.form.get("decision") == "credit":
        return payment_services.accept_reviewed(session, actor, payment_id, reason, clock.now())
    return payment_services.dismiss_reviewed(session, actor, payment_id, reason)


def _with_token(form: Any) -> Any:
    if not form.is_submitted():
        form.token.data = str(uuid4())
    return form


def _household(household_id: int) -> Household:
    household = db.session().get(Household, household_id)
    if household is None:
        raise NotFound
    return household


def _to_review(payment_id: int) -> Payment:
    payment = db.session().get(Payment, payment_id)
    if payment is None or payment.state is not PaymentState.TO_REVIEW:
        raise NotFound
    return payment


def _asked_day() -> date:
    """The day in the address, today by default; 404 when it is not one."""
    typed = request.args.get("jour")
    if not typed:
        return clock.today()
    try:
        return dates.day_from(typed)
    except ValueError:
        raise NotFound from None
