"""Agents' pages of requests: the queue, what is done to many at once, one request at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import Length

from app.core import audit, clock, dates, pages
from app.core.admin_fields import NoControlCharacters, row_number, whole_number
from app.core.db import commit, db
from app.core.errors import Refusal
from app.core.sheets import csv_response
from app.core.text import N_
from app.core.views import PageView, agent_page, current_actor
from app.documents import rules as documents
from app.documents.queries import types_to_ask
from app.documents.services import HEALTH
from app.requests import desk, desk_filters, queue, services
from app.requests.display import STATUS_TAGS
from app.requests.errors import EffectBroke
from app.requests.models import Request, Status
from app.requests.papers import papers_of
from app.requests.queue import Filter, Row

REASONS = (
    N_("The documents provided are not enough."),
    N_("A document asked for was not provided in time."),
    N_("The household lives outside the commune."),
    N_("This was asked after the closing date."),
    N_("There is no place left."),
    N_("The same request has already been dealt with."),
)
"""Reasons of a refusal, ready to be chosen; any other may be written."""
Verb = Callable[[Session], str | None]
"""Does the thing and returns the sentence to show."""


class ProcessForm(FlaskForm):  # type: ignore[misc]
    """What an agent writes on a request; its services say what is wrong."""

    document_type = SelectField(_l("Document"), validate_choice=False)
    message = TextAreaField(
        _l("Message to the family"),
        [NoControlCharacters(), Length(max=1000, message=_l("At most %(max)d characters."))],
    )
    text = TextAreaField(_l("Your message"), [NoControlCharacters()])
    reason = StringField(_l("Reason of the refusal"), [NoControlCharacters()])


class RequestDeskView(PageView):
    """« /agents/demandes/ »."""

    route_base = "/agents/demandes"

    @agent_page("/")
    def index(self) -> Any:
        """One page of the filter that the address says, the oldest first."""
        session, asked, today = db.session(), _filter(), clock.today()
        counts, count = queue.counts(session, asked, today)
        last = max(1, -(-min(count, queue.MOST_COUNTED) // queue.PAGE_SIZE))
        number = min(max(1, request.args.get("page", 1, type=row_number)), last)
        rows = queue.page(session, asked, number, today)
        return self.page(
            "requests/queue.html",
            asked=asked,
            tabs=desk_filters.tabs(asked, counts),
            selects=list(desk_filters.selects(asked, desk.offered(session))),
            figured=desk_filters.figured,
            count=count,
            rows=rows,
            papers=papers_of(session, rows, today),
            number=number,
            last=last,
            status_tags=STATUS_TAGS,
            most=queue.MOST_COUNTED,
        )

    @agent_page("/lot", methods=["POST"])
    def many(self) -> Any:
        """Take or close the rows ticked; what could not be is said, by its number."""
        verb = MANY.get(request.form.get("action", ""))
        ids = {whole_number(one) for one in request.form.getlist("rowid")[: queue.PAGE_SIZE]}
        if verb is None or not (chosen := [one for one in ids if one is not None]):
            flash(_("Choose at least one row."), "warning")
            return redirect(_list_url(_filter()))
        act, said = verb
        session = db.session()
        done, refused = act(session, current_actor(), chosen, now=clock.now())
        numbers = desk.numbers_of(session, refused)
        commit(session)
        if done:
            flash(said(len(done)), "success")
        for sentence in _by_reason(refused, numbers):
            flash(sentence, "warning")
        return redirect(_list_url(_filter()))

    @agent_page("/export", methods=["POST"])
    def export(self) -> Any:
        """The filter as a file for a spreadsheet; who took it away is written down."""
        session, asked, today = db.session(), _filter(), clock.today()
        rows = list(queue.rows_of(session, asked, today))
        details = {**asked.args(), "rows": len(rows)}
        audit.record(session, current_actor(), "export", "request", None, None, **details)
        commit(session)
        return csv_response(
            f"demandes-{asked.tab.value}-{today.isoformat()}.csv",
            [_(one) for one in EXPORTED],
            (_exported(row) for row in rows),
        )

    @agent_page("/<int:request_id>")
    def show(self, request_id: int) -> Any:
        """One request: its answers, its documents, what happened, what can be done."""
        return self._show(request_id, ProcessForm())

    def _show(
        self,
        request_id: int,
        form: ProcessForm,
        status: int = 200,
        private: Mapping[str, Any] | None = None,
    ) -> Any:
        session, asked, today = db.session(), _filter(), clock.today()
        file = desk.request_file(session, request_id, today, private)
        form.document_type.choices = [("", _("Choose")), *types_to_ask(session)]
        return self.page(
            "requests/process.html",
            status,
            file=file,
            form=form,
            asked=asked,
            following=queue.following(session, asked, file.request, today),
            reasons=REASONS,
            may_open=HEALTH in current_actor().roles,
            status_tags=STATUS_TAGS,
            documents=documents,
        )

    @agent_page("/<int:request_id>/prendre", methods=["POST"])
    def take(self, request_id: int) -> Any:
        """« Prendre en charge »: locked for the family."""

        def verb(session: Session) -> str:
            services.take(session, current_actor(), request_id, now=clock.now())
            return _("You have taken this request.")

        return self._do(request_id, verb)

    @agent_page("/<int:request_id>/clore", methods=["POST"])
    def close(self, request_id: int) -> Any:
        """« Clore », with its effect; then the next one of the filter."""

        def verb(session: Session) -> str | None:
            done = services.close(session, current_actor(), request_id, now=clock.now())
            if done.status is Status.REFUSED:
                return None
            return _("Request %(number)s is closed.", number=done.number)

        return self._do(request_id, verb, goes_on=True)

    @agent_page("/<int:request_id>/refuser", methods=["POST"])
    def refuse(self, request_id: int) -> Any:
        """« Refuser » with its reason; then the next one of the filter."""
        form = ProcessForm()

        def verb(session: Session) -> str:
            reason = _typed(form.reason)
            done = services.refuse(session, current_actor(), request_id, reason, now=clock.now())
            return _("Request %(number)s is refused.", number=done.number)

        return self._do(request_id, verb, form, "reason", goes_on=True)

    @agent_page("/<int:request_id>/justificatif", methods=["POST"])
    def ask(self, request_id: int) -> Any:
        """« Demander un justificatif »."""
        form = ProcessForm()

        def verb(session: Session) -> str:
            services.ask_document(
                session,
                current_actor(),
                request_id,
                _typed(form.document_type),
                _typed(form.message),
                now=clock.now(),
            )
            return _("The document is asked of the family.")

        return self._do(request_id, verb, form, "document_type")

    @agent_page("/<int:request_id>/message", methods=["POST"])
    def say(self, request_id: int) -> Any:
        """« Écrire à la famille »."""
        form = ProcessForm()

        def verb(session: Session) -> str:
            services.say(session, current_actor(), request_id, _typed(form.text), now=clock.now())
            return _("The message is sent to the family.")

        return self._do(request_id, verb, form, "text")

    @agent_page("/<int:request_id>/sante", methods=["POST"])
    def health(self, request_id: int) -> Any:
        """Open the health answers: the family will see that they were read."""
        session = db.session()
        private = services.open_private(session, current_actor(), request_id, now=clock.now())
        commit(session)
        return self._show(request_id, ProcessForm(), private=private)

    def _do(
        self,
        request_id: int,
        verb: Verb,
        form: ProcessForm | None = None,
        field: str | None = None,
        *,
        goes_on: bool = False,
    ) -> Any:
        """Run one verb and commit; a refusal is said on the page, which keeps what was typed.

        ``goes_on``: the next page is the next request of the filter, else its list.
        """
        session, form = db.session(), form or ProcessForm()
        if not form.validate():
            return self._show(request_id, form, 400)
        try:
            said = verb(session)
        except Refusal as error:
            session.rollback()
            if error.status in {403, 404}:
                raise
            pages.attach(form, field if error.status == 400 else None, error)
            return self._show(request_id, form, error.status)
        address = self._after(request_id, goes_on=goes_on and said is not None)
        commit(session)
        if said is None:
            pages.flash_refusal(EffectBroke())
        else:
            flash(said, "success")
        return redirect(address)

    def _after(self, request_id: int, *, goes_on: bool) -> str:
        asked, session = _filter(), db.session()
        if not goes_on:
            return _url(request_id, asked)
        done = session.get_one(Request, request_id)
        following = queue.following(session, asked, done, clock.today())
        return _list_url(asked) if following is None else _url(following, asked)


def _typed(field: Any) -> str:
    """What was typed, without what no database text holds."""
    return str(field.data or "").replace("\0", "")


def _filter() -> Filter:
    return Filter.read(request.args, current_actor().account_id or 0)


def _list_url(asked: Filter) -> str:
    return url_for("RequestDeskView.index", **asked.args())


def _url(request_id: int, asked: Filter) -> str:
    return url_for("RequestDeskView.show", request_id=request_id, **asked.args())


# ---- Many at once --------------------------------------------------------------------------------


def _taken(count: int) -> str:
    return str(ngettext("%(num)d request taken.", "%(num)d requests taken.", count))


def _closed(count: int) -> str:
    return str(ngettext("%(num)d request closed.", "%(num)d requests closed.", count))


MANY: Mapping[str, tuple[Callable[..., Any], Callable[[int], str]]] = {
    "take": (services.take_many, _taken),
    "close": (services.close_many, _closed),
}
"""Value of the button → (what it does, what is said of how many)."""


def _by_reason(refused: Mapping[int, Refusal], numbers: Mapping[int, str]) -> Iterator[str]:
    """« D-2027-000001, D-2027-000004: this request has moved on… », one sentence a reason."""
    groups: dict[str, list[str]] = {}
    for request_id, error in refused.items():
        number = numbers.get(request_id, str(request_id))
        groups.setdefault(pages.sentence(error), []).append(number)
    for sentence, which in groups.items():
        yield _("%(numbers)s: %(reason)s", numbers=", ".join(which), reason=sentence)


# ---- Export --------------------------------------------------------------------------------------

EXPORTED = (
    N_("Number"),
    N_("Kind of request"),
    N_("Household"),
    N_("Child"),
    N_("E-mail"),
    N_("Status"),
    N_("Sent on"),
    N_("Answer due on"),
    N_("Late"),
    N_("Agent in charge"),
)


def _exported(row: Row) -> tuple[str, ...]:
    return (
        row.number,
        row.procedure,
        row.household,
        row.child,
        row.email,
        STATUS_TAGS[row.status].word,
        dates.day(row.submitted_at, "digits"),
        dates.day(row.due_on, "digits") if row.due_on else "",
        _("Yes") if row.is_late(clock.today()) else _("No"),
        row.taken_by,
    )
