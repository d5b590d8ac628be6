"""« Paiement de démonstration »: a platform made of one local page and one file per payment.

It keeps its own books beside the database, as a real platform does, so that a payment whose family
never comes back is found again by the reconciliation. Refused in production.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from app.core import clock
from app.payments.errors import BadCallback, ProviderDown, UnknownCheckout
from app.payments.providers.base import Callback, Checkout, Fate, Order, Outcome

PAGE = "/paiement-de-demonstration"
REF = re.compile(r"[0-9]+-[0-9a-f]{32}")


@dataclass(frozen=True)
class DemoCheckout:
    """One line of the platform's books."""

    ref: str
    amount_cents: int
    label: str
    return_url: str
    cancel_url: str
    closes_at: float
    fate: Fate = Fate.OPEN

    def now(self) -> DemoCheckout:
        """The same after time has passed."""
        late = self.fate is Fate.OPEN and clock.real_now().timestamp() > self.closes_at
        return replace(self, fate=Fate.EXPIRED) if late else self


class DemoProvider:
    """See the module. ``folder`` holds the books; ``secret`` makes references unguessable.

    Its page stands on the very host that the family uses, so addresses are paths.
    """

    name = "demo"
    hosts: tuple[str, ...] = ()

    def __init__(self, folder: Path, secret: str) -> None:
        self.folder = folder
        self.secret = secret.encode()

    def start(self, order: Order) -> Checkout:
        ref = self._ref(order)
        if not self._path(ref).exists():
            self._write(
                DemoCheckout(
                    ref=ref,
                    amount_cents=order.amount_cents,
                    label=order.label,
                    return_url=order.return_url,
                    cancel_url=order.cancel_url,
                    closes_at=order.closes_at.timestamp(),
                )
            )
        return Checkout(ref=ref, url=f"{PAGE}/{ref}")

    def ask(self, ref: str) -> Outcome:
        checkout = self.read(ref)
        received = checkout.amount_cents if checkout.fate is Fate.PAID else 0
        return Outcome(checkout.fate, received)

    def close(self, ref: str) -> Outcome:
        self.decide(ref, Fate.EXPIRED)
        return self.ask(ref)

    def read_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        """The demonstration platform sends none."""
        raise BadCallback

    def read(self, ref: str) -> DemoCheckout:
        """One checkout. Raises UnknownCheckout."""
        if not REF.fullmatch(ref) or not self._path(ref).exists():
            raise UnknownCheckout
        kept = json.loads(self._path(ref).read_text())
        return DemoCheckout(**kept | {"fate": Fate(kept["fate"])}).now()

    def decide(self, ref: str, fate: Fate) -> DemoCheckout:
        """What the person at the page chose; the first choice stays."""
        checkout = self.read(ref)
        if checkout.fate is Fate.OPEN:
            checkout = replace(checkout, fate=fate)
            self._write(checkout)
        return checkout

    def _ref(self, order: Order) -> str:
        mark = hmac.new(self.secret, order.idempotency_key.encode(), hashlib.sha256).hexdigest()
        return f"{order.payment_id}-{mark[:32]}"

    def _path(self, ref: str) -> Path:
        return self.folder / f"{ref}.json"

    def _write(self, checkout: DemoCheckout) -> None:
        """All of it or nothing: a full disk leaves the old line."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False) as file:
                json.dump(asdict(checkout), file)
            os.replace(file.name, self._path(checkout.ref))
        except OSError as error:
            raise ProviderDown from error
