"""The pages on which a démarche is read, begun, filled in and sent (FAQ 3, D1–D5).

Open to everybody, because some démarches need no login: each page says itself who asks
(``public.asking``), and reads the request through it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.core import clock, pages, tokens
from app.core.actor import NO_HOUSEHOLD, Actor
from app.core.admin_fields import whole_number
from app.core.db import commit, db
from app.core.errors import NotFound, Refusal
from app.core.pages import takes_uploads
from app.core.views import PageView, current_actor, public_page
from app.documents import rules as document_rules
from app.requests import display, naming, progress, public, queries, services, trail, uploads
from app.requests.catalogue import by_theme
from app.requests.definition import Audience, Definition, Step
from app.requests.errors import (
    AlreadyAsked,
    BadAnswers,
    DocumentsMissing,
    MovedOn,
    NotFinished,
    Outdated,
)
from app.requests.forms import StartForm, StepForm, shown, step_form
from app.requests.models import ProcedureVersion
from app.requests.progress import Progress
from app.requests.queries import Needed, Visitor

BACK = "back"
"""« Précédent », the value of the button « _go »."""
DOCUMENTS = {"words": document_rules.WORDS, "tags": document_rules.TAGS}


class ProceduresView(PageView):
    """« /demarches »."""

    route_base = "/demarches"
    limits = public.limits()

    def page(self, template: str, status: int = 200, **context: Any) -> Any:
        """What a visitor typed is kept by no browser either: somebody else may sit there next."""
        return (*super().page(template, status, **context), {"Cache-Control": "no-store"})

    @public_page("/")
    def index(self) -> Any:
        """Every démarche, by theme."""
        offers = queries.offers(db.session(), clock.today())
        return self.page("requests/procedures.html", themes=by_theme(offers))

    @public_page("/<code>")
    def start(self, code: str) -> Any:
        """What the démarche is, what it asks, and « Faire une demande en ligne »."""
        version = queries.published(db.session(), code)
        page = Definition.read(version.definition).page
        if page:
            return redirect(f"{request.script_root}{page}")
        return self._start_page(version, StartForm(formdata=None))

    @public_page("/<code>", methods=("POST",))
    def begin(self, code: str) -> Any:
        """« Faire une demande en ligne »: a draft, and its first step."""
        session, form, actor = db.session(), StartForm(), current_actor()
        version = queries.published(session, code)
        definition = Definition.read(version.definition)
        if definition.page:
            return redirect(url_for(".start", code=code))
        if _needs_login(definition):
            raise public.to_login(url_for(".start", code=code))
        if not form.validate():
            return self._start_page(version, form, 400)
        if not actor.is_agent and actor.household_id == NO_HOUSEHOLD:
            actor = Visitor(account_id=None)
        try:
            begun = services.begin(session, actor, code, _child_asked(), now=clock.now())
        except AlreadyAsked as error:
            session.rollback()
            _say(form, error)
            return self._start_page(queries.published(session, code), form, error.status)
        commit(session)
        answer = redirect(url_for(".step", id=begun.id, step=begun.step))
        return public.remember(answer, begun.id) if begun.household_id is None else answer

    def _start_page(self, version: ProcedureVersion, form: StartForm, status: int = 200) -> Any:
        session, day, household_id = db.session(), clock.today(), current_actor().household_id
        definition, child_id = Definition.read(version.definition), _child_asked()
        documents = queries.documents_announced(session, household_id, child_id, definition, day)
        return self.page(
            "requests/start.html",
            status,
            form=form,
            code=version.procedure.code,
            definition=definition,
            is_open=queries.is_open(definition, day),
            needs_login=_needs_login(definition),
            child_id=child_id,
            drafts=queries.drafts_of(session, household_id, version.procedure_id, day),
            documents=documents,
            **DOCUMENTS,
        )

    # ---- Steps -----------------------------------------------------------------------------------

    @takes_uploads
    @public_page("/demande/<int:id>/<step>", methods=("GET", "POST"))
    def step(self, id: int, step: str) -> Any:
        """One step: its fields, « Suivant », « Précédent »."""
        actor, at = _read(id, lock=request.method == "POST")
        if not services.is_editable(actor, at.request):
            if request.method == "POST":  # an agent took it while this page was filled in
                pages.flash_refusal(MovedOn())
            return _to_request(actor, id)
        if step == uploads.STEP:
            return self._documents(actor, at)
        found = at.reachable(step)
        if found is None:
            return redirect(trail.first(at))
        if request.method == "GET":
            return self._step_page(actor, at, found, _filled(at, found))
        form = step_form(found, at.known)()
        add, remove = request.form.get("_add_row", ""), request.form.get("_remove_row", "")
        if add or remove:
            form.change_rows(add, remove)
            return self._step_page(actor, at, found, form)
        return self._save(actor, at, found, form)

    def _save(self, actor: Actor, at: Progress, step: Step, form: StepForm) -> Any:
        session, request_id, posted, sent = db.session(), at.request.id, form.answers(), _sent()
        files, refused = uploads.received(actor, at, step, posted, sent)
        if sent:  # files were received outside the transaction in which it was read
            at = progress.read(session, actor, request_id, clock.today(), lock=True)
        going_back = request.form.get("_go") == BACK
        try:
            services.save_step(
                session,
                actor,
                request_id,
                step.key,
                posted | files,
                _edition(),
                going_back=going_back,
                at=at,
                now=clock.now(),
            )
        except NotFinished as error:
            session.rollback()
            return redirect(url_for(".step", id=request_id, step=error.step))
        except (BadAnswers, Outdated, AlreadyAsked) as error:
            session.rollback()
            _say(form, error)
            form.put_refusals(refused)
            return self._again(actor, request_id, step, form, error.status)
        after = trail.of(progress.saved(at), step.key)
        commit(session)
        if refused and not going_back:
            form.put_refusals(refused)
            return self._again(actor, request_id, step, form, 400)
        return _on(after, going_back=going_back)

    def _again(self, actor: Actor, request_id: int, step: Step, form: StepForm, status: int) -> Any:
        """The page again, with everything that was typed."""
        at = progress.read(db.session(), actor, request_id, clock.today())
        return self._step_page(actor, at, step, form, status)

    def _step_page(
        self, actor: Actor, at: Progress, step: Step, form: StepForm, status: int = 200
    ) -> Any:
        form.open_rows()
        return self.page(
            "requests/step.html",
            status,
            at=at,
            step=step,
            form=form,
            before=at.others(step),
            files=uploads.states(actor, at, step, at.request.child_id),
            trail=trail.of(at, step.key),
        )

    # ---- Documents -------------------------------------------------------------------------------

    def _documents(self, actor: Actor, at: Progress) -> Any:
        """What the démarche asks, what is there already (D7), and where the others are given."""
        if at.unfinished is not None:
            return redirect(trail.first(at))
        wanted = uploads.needed(actor, at)
        if request.method == "GET":
            return self._documents_page(at, wanted, {})
        going_back, refused = request.form.get("_go") == BACK, {}
        if sent := _sent():
            request_id = at.request.id
            refused = uploads.received_documents(actor, wanted, sent)
            at = progress.read(db.session(), actor, request_id, clock.today())
            wanted = uploads.needed(actor, at)
        if not going_back:
            refused = uploads.still_missing(wanted) | refused
            if refused:
                return self._documents_page(at, wanted, refused, 400)
        return _on(trail.of(at, uploads.STEP), going_back=going_back)

    def _documents_page(
        self, at: Progress, wanted: Sequence[Needed], refused: Mapping[str, str], status: int = 200
    ) -> Any:
        return self.page(
            "requests/documents.html",
            status,
            at=at,
            wanted=wanted,
            name_of=uploads.name_of,
            form=uploads.documents_form(wanted, refused),
            trail=trail.of(at, uploads.STEP),
            **DOCUMENTS,
        )

    # ---- Check, send, abandon --------------------------------------------------------------------

    @public_page("/demande/<int:id>/verification", methods=("GET", "POST"))
    def check(self, id: int) -> Any:
        """Every answer, what is missing, « Enregistrer la demande »; a visitor's receipt once sent."""
        if request.method == "POST":
            return self._submit(id)
        actor, at = _read(id)
        if not services.is_editable(actor, at.request):
            if isinstance(actor, Visitor):
                return self.page("requests/received.html", at=at)
            return _to_request(actor, id)
        if at.unfinished is not None:
            return redirect(trail.first(at))
        return self._check_page(actor, at)

    def _check_page(self, actor: Actor, at: Progress) -> Any:
        owner = {"household_id": at.request.household_id, "day": clock.today()}
        names, files = naming.names_in(db.session(), at.definition, at.answers, **owner)
        sections = display.sections(at.definition, at.answers, names, files=files)
        return self.page(
            "requests/check.html",
            at=at,
            sections={one.key: one for one in sections},
            wanted=uploads.needed(actor, at),
            documents_url=trail.address(at, uploads.STEP),
            token=tokens.new_token(),
            trail=trail.of(at, trail.CHECK),
            **DOCUMENTS,
        )

    def _submit(self, id: int) -> Any:
        """« Enregistrer la demande »."""
        session, actor, token = db.session(), public.asking(id), request.form.get("_token", "")
        try:
            services.finish(session, actor, id, _edition(), token[:64], now=clock.now())
        except NotFound:
            raise
        except Refusal as error:  # the effect of a démarche has its own
            session.rollback()
            pages.flash_refusal(error)
            step = uploads.STEP if isinstance(error, DocumentsMissing) else trail.CHECK
            if isinstance(error, NotFinished):
                step = error.step
            return redirect(url_for(".step", id=id, step=step))
        commit(session)
        flash(_("Your request is saved."), "success")
        return _to_request(actor, id)

    @public_page("/demande/<int:id>/abandonner", methods=("POST",))
    def abandon(self, id: int) -> Any:
        """« Abandonner la demande »: the draft is gone (D2)."""
        session, actor = db.session(), public.asking(id)
        try:
            services.abandon(session, actor, id)
        except MovedOn as error:
            session.rollback()
            pages.flash_refusal(error)
            return _to_request(actor, id)
        commit(session)
        flash(_("The request is abandoned: nothing of it is kept."), "success")
        return redirect(url_for(".index"))


def _read(request_id: int, *, lock: bool = False) -> tuple[Actor, Progress]:
    """Who asks and how far the request is. A visitor whose session ended is led to the login page."""
    session, actor = db.session(), public.asking(request_id)
    try:
        return actor, progress.read(session, actor, request_id, clock.today(), lock=lock)
    except NotFound:
        if actor.account_id is None and not queries.is_public(session, request_id):
            raise public.to_login(request.full_path) from None
        raise


def _filled(at: Progress, step: Step) -> StepForm:
    """The form with what is kept; what is wrong in it is said, what is only empty is not."""
    form = step_form(step, at.known)(formdata=None, data=shown(step.fields, at.kept))
    faults = at.wrong.get(step.key, {})
    form.put({name: one for name, one in faults.items() if name.partition("-")[0] in at.kept})
    return form


def _say(form: StepForm | StartForm, error: Refusal) -> None:
    if isinstance(error, BadAnswers) and isinstance(form, StepForm):
        form.put(error.faults)
        return
    pages.attach(form, None, error)
    form.is_asked_already = isinstance(error, AlreadyAsked)
    if isinstance(error, Outdated):
        kept = _("What you typed is kept here: send it again to replace what was saved.")
        form.form_errors = [*form.form_errors, kept]


def _sent() -> dict[str, list[FileStorage]]:
    """The files of this form, by the name of their control."""
    found = {name: [one for one in files if one.filename] for name, files in request.files.lists()}
    return {name: files for name, files in found.items() if files}


def _edition() -> int:
    return whole_number(request.form.get("_edition", "")) or 0


def _child_asked() -> int | None:
    """« ?enfant= » of the link, then the field of the form."""
    return whole_number(request.form.get("_child", request.args.get("enfant", "")))


def _needs_login(definition: Definition) -> bool:
    anonymous = current_actor().account_id is None
    return anonymous and definition.audience is Audience.ACCOUNT


def _on(path: trail.Trail, *, going_back: bool) -> Any:
    """To the page after, before, or back to the check where « Modifier » was pressed."""
    if going_back:
        return redirect((path.before or path.after).url)
    last = path.marks[-1]
    if "verification" in request.args and last.url:
        return redirect(last.url)
    return redirect(path.after.url)


def _to_request(actor: Actor, request_id: int) -> Any:
    """Where a request that was sent is followed; a visitor has its receipt."""
    if isinstance(actor, Visitor):
        return redirect(url_for(".check", id=request_id))
    return redirect(f"{request.script_root}/demandes/demarche/{request_id}")
