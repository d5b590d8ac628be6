"""Slowing who tries too often from one address (A8), by Flask-Limiter.

Only failures count. The pair (address, typed name) stops first, so that another person behind the
same address still gets in while somebody hammers one account; the address alone stops a spray over
many names.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Network, ip_address

from flask import Response, g, request
from flask_appbuilder.utils.limit import Limit
from flask_limiter.util import get_remote_address

from app.accounts import rules
from app.core.tokens import hashed

POST = ("POST",)


def sign_in_limits() -> list[Limit]:
    """For the sign-in page: failures per minute."""
    return [
        Limit("10/minute", by_address_and_name, methods=POST, deduct_when=has_failed),
        Limit("60/minute", visitor, methods=POST, deduct_when=has_failed),
    ]


def per_address(*limits: str) -> list[Limit]:
    """For pages that send e-mails or try secrets: every POST counts."""
    return [Limit(limit, visitor, methods=POST) for limit in limits]


def visitor() -> str:
    """The address that asks. Of IPv6 its network: one subscriber has 2^64 addresses in it."""
    address = get_remote_address()
    try:
        known = ip_address(address)
    except ValueError:
        return address
    known = getattr(known, "ipv4_mapped", None) or known
    if isinstance(known, IPv4Address):
        return str(known)
    return str(IPv6Network((known, 64), strict=False))


def by_address_and_name() -> str:
    """Who asks, and for whom."""
    name = rules.normal(request.form.get("username", ""))[:320]
    return f"{visitor()}:{hashed(name)[:16]}"


def note_failure() -> None:
    """Called by a page that was given a wrong password."""
    g.sign_in_failed = True


def has_failed(response: Response) -> bool:
    """Whether this request gave a wrong password."""
    return bool(g.get("sign_in_failed"))
