"""A Stripe that exists: Checkout sessions, the hosted page, refunds, keys replayed, signed messages.

Speaks what ``app.payments.providers.stripe`` uses of https://docs.stripe.com/api and refuses what
Stripe refuses (a key with other parameters, a session closed in less than 30 minutes).
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

SECRET = "whsec_tests"
SHORTEST, LONGEST = 30 * 60, 24 * 3600


class Refused(Exception):
    """An answer that is an error of Stripe's."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": "invalid_request_error", "message": message, **more}}


class FakeStripe:
    """The server's books, and what a test makes happen to them."""

    def __init__(self) -> None:
        self.url = ""
        self.sessions: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self.answers: dict[str, tuple[dict[str, str], dict[str, Any]]] = {}
        self.calls: list[tuple[str, str]] = []
        self.is_down = False
        self._numbers = itertools.count(1)
        self._lock = Lock()

    # ---- What a test makes happen ----------------------------------------------------------------

    @property
    def last(self) -> str:
        """Id of the newest session."""
        return list(self.sessions)[-1]

    def pay(self, ref: str, *, cents: int | None = None, currency: str | None = None) -> None:
        """The family pays; other ``cents`` or ``currency`` than asked, if given."""
        session = self.sessions[ref]
        assert session["status"] == "open", session
        session |= {"status": "complete", "payment_status": "paid"}
        session["amount_total"] = session["amount_total"] if cents is None else cents
        session["currency"] = currency or session["currency"]

    def expire(self, ref: str) -> None:
        """Time passes, nobody paid."""
        self.sessions[ref]["status"] = "expired"

    def message(
        self, kind: str, ref: str, *, event_id: str = "", secret: str = SECRET, at: float = 0
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a signed message about a session as it is now."""
        event = {
            "id": event_id or f"evt_{next(self._numbers)}",
            "object": "event",
            "type": kind,
            "api_version": "2026-01-01",
            "created": int(time.time()),
            "data": {"object": dict(self.sessions[ref])},
        }
        body = json.dumps(event).encode()
        return body, {
            "Stripe-Signature": signature(body, secret, int(at or time.time())),
            "Content-Type": "application/json",
        }

    # ---- The API ---------------------------------------------------------------------------------

    def create(self, params: dict[str, str], key: str) -> dict[str, Any]:
        with self._lock:
            if key in self.answers:
                asked, answer = self.answers[key]
                if asked != params:
                    raise Refused(400, "Keys can only be used with the same parameters.")
                return self.sessions[answer["id"]]
            answer = self._new(params)
            if key:
                self.answers[key] = (params, answer)
            return answer

    def _new(self, params: dict[str, str]) -> dict[str, Any]:
        expires_at = int(params["expires_at"])
        if not SHORTEST <= expires_at - time.time() <= LONGEST:
            raise Refused(
                400, "expires_at must be between 30 minutes and 24 hours", param="expires_at"
            )
        ref = f"cs_test_{next(self._numbers)}"
        self.sessions[ref] = {
            "id": ref,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "amount_total": int(params["line_items[0][price_data][unit_amount]"]),
            "currency": params["line_items[0][price_data][currency]"],
            "client_reference_id": params["client_reference_id"],
            "success_url": params["success_url"],
            "cancel_url": params["cancel_url"],
            "expires_at": expires_at,
            "url": f"{self.url}/pay/{ref}",
        }
        return self.sessions[ref]

    def get(self, ref: str) -> dict[str, Any]:
        if ref not in self.sessions:
            raise Refused(404, "No such session", code="resource_missing")
        return self.sessions[ref]

    def close(self, ref: str) -> dict[str, Any]:
        session = self.get(ref)
        if session["status"] != "open":
            raise Refused(400, "Only open sessions can be expired.")
        session["status"] = "expired"
        return session

    def refund(self, params: dict[str, str]) -> dict[str, Any]:
        refund = {"id": f"re_{next(self._numbers)}", "object": "refund", "status": "succeeded"}
        self.refunds.append(refund | params)
        return refund


def signature(body: bytes, secret: str, at: int) -> str:
    """Stripe's own scheme: HMAC-SHA256 of « time.body »."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


class Handler(BaseHTTPRequestHandler):
    """Routes of the API and of the hosted page."""

    fake: FakeStripe

    def do_GET(self) -> None:
        if self.path.startswith("/pay/"):
            return self._html(self.path.removeprefix("/pay/"))
        return self._api("GET")

    def do_POST(self) -> None:
        if self.path.startswith("/pay/"):
            return self._choose(self.path.removeprefix("/pay/"))
        return self._api("POST")

    def _api(self, method: str) -> None:
        path = urlsplit(self.path).path
        self.fake.calls.append((method, path))
        params = self._params()
        if self.fake.is_down:
            return self._json(503, {"error": {"type": "api_error", "message": "down"}})
        try:
            return self._json(200, self._answer(method, path, params))
        except Refused as error:
            return self._json(error.status, error.body)

    def _answer(self, method: str, path: str, params: dict[str, str]) -> dict[str, Any]:
        key = self.headers.get("Idempotency-Key", "")
        if (method, path) == ("POST", "/v1/checkout/sessions"):
            return self.fake.create(params, key)
        if (method, path) == ("POST", "/v1/refunds"):
            return self.fake.refund(params)
        ref = path.removeprefix("/v1/checkout/sessions/")
        if method == "POST" and ref.endswith("/expire"):
            return self.fake.close(ref.removesuffix("/expire"))
        return self.fake.get(ref)

    def _params(self) -> dict[str, str]:
        length = int(self.headers.get("Content-Length") or 0)
        read = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
        return {name: values[0] for name, values in read.items()}

    def _html(self, ref: str) -> None:
        buttons = "".join(f"<button name=choice value={c}>{c}</button>" for c in ("pay", "cancel"))
        self._send(
            200, "text/html", f"<h1>Checkout {ref}</h1><form method=post>{buttons}</form>".encode()
        )

    def _choose(self, ref: str) -> None:
        choice = self._params().get("choice")
        if choice == "pay":
            self.fake.pay(ref)
        address = self.fake.sessions[ref]["success_url" if choice == "pay" else "cancel_url"]
        self.send_response(303)
        self.send_header("Location", address)
        self.end_headers()

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(body).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def running() -> Iterator[FakeStripe]:
    """A fake Stripe on a free local port."""
    fake = FakeStripe()
    handler = type("BoundHandler", (Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
