"""« Messages »: what the portal told this account; and, in demonstration, the e-mails."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

from flask import abort, current_app, g, redirect, request, url_for
from sqlalchemy.orm import Session

from app.core import clock
from app.core.admin_fields import whole_number
from app.core.db import commit, db, write_intent
from app.core.errors import Forbidden
from app.core.views import PageView, agent_page, current_actor
from app.notices import queries, services

SHOWN_FILES = 200


def shell_facts() -> dict[str, Any]:
    """What the header shows: the messages not opened yet, in one statement per request."""
    account_id = current_actor().account_id
    if account_id is None:
        return {}
    if "unread" not in g:
        g.unread = queries.unread(db.session(), account_id)
    return {"unread": g.unread}


class MessagesView(PageView):
    """« /messages »: of this account alone, a parent's or an agent's."""

    route_base = "/messages"

    @agent_page("/")
    def index(self) -> Any:
        """The list, the newest first."""
        number = whole_number(request.args.get("page", "")) or 1
        page = queries.page(db.session(), _account_id(), number)
        return self.page("notices/messages.html", page=page)

    @agent_page("/<int:notice_id>")
    def show(self, notice_id: int) -> Any:
        """One message; opening it marks it as read."""
        notice = queries.notice_for(db.session(), _account_id(), notice_id)
        if notice.read_at is None:
            g.unread = _mark_read(_account_id(), notice_id)
        return self.page("notices/message.html", notice=notice)

    @agent_page("/lus", methods=["POST"])
    def mark_all(self) -> Any:
        """« Tout marquer comme lu »."""
        services.mark_all_read(db.session(), _account_id(), clock.now())
        commit(db.session())
        return redirect(url_for("MessagesView.index"))


def _account_id() -> int:
    account_id = current_actor().account_id
    if account_id is None:  # the page asked for a login
        raise Forbidden
    return account_id


def _mark_read(account_id: int, notice_id: int) -> int:
    """In a short session of its own: the page's transaction only reads. Gives what is unread."""
    with write_intent(), Session(db.engine) as own:
        services.mark_read(own, account_id, notice_id, clock.now())
        left = queries.unread(own, account_id)
        own.commit()
    return left


class Letter(NamedTuple):
    """An e-mail written to a file."""

    name: str
    to: str
    subject: str
    date: Any
    text: str


class DemoMailView(PageView):
    """« /agents/courriels-demonstration »: where e-mails land when there is no mail server."""

    route_base = "/agents/courriels-demonstration"

    @agent_page("/")
    def index(self) -> Any:
        """The newest first."""
        files = sorted(_folder().glob("*.eml"), reverse=True)[:SHOWN_FILES]
        return self.page("notices/demo_mails.html", letters=[_read(path) for path in files])

    @agent_page("/<int:number>")
    def show(self, number: int) -> Any:
        """One e-mail, its links included: that is what the demonstration needs."""
        path = _folder() / f"{number:06d}.eml"
        if not path.is_file():
            abort(404)
        return self.page("notices/demo_mail.html", letter=_read(path))


def is_demonstration() -> bool:
    """Whether e-mails go to files."""
    return not (current_app.config["SMTP_URL"] or current_app.config["PRODUCTION"])


def _folder() -> Path:
    if not is_demonstration():
        abort(404)
    return Path(current_app.config["PORTAIL_VAR"]) / "mails"


def _read(path: Path) -> Letter:
    message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
    body = message.get_body(("plain",))
    return Letter(
        path.stem.lstrip("0") or "0",
        str(message["To"]),
        str(message["Subject"]),
        message["Date"].datetime,
        body.get_content() if body else "",
    )
