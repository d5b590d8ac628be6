"""The web part: gunicorn around the application, loaded once before its workers fork."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from werkzeug.middleware.proxy_fix import ProxyFix

from app.supervisor.problem import Problem

GRACE_SECONDS = 10
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Of malloc.h (glibc); another C library has no ``mallopt``, or leaves numbers that it does not know."""
LARGE_BLOCK, ARENAS = 256 * 1024, 2


class Gunicorn(BaseApplication):  # type: ignore[misc]
    """gunicorn with an application that exists already."""

    def __init__(self, app: Any, options: dict[str, Any]) -> None:
        self.portal = app
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self.portal


def serve(app: Flask) -> None:
    """Serve until told to stop."""
    give_memory_back()
    hops = proxies(os.environ, production=app.config["PRODUCTION"])
    Gunicorn(behind(app, hops), options(os.environ)).run()


def give_memory_back() -> None:
    """Let glibc return large blocks at once, and share its arenas: workers inherit it.

    By default each thread keeps what one large photo took: four threads, four times the memory.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)
        libc.mallopt(M_ARENA_MAX, ARENAS)


def proxies(environ: Mapping[str, str], *, production: bool) -> int:
    """How many reverse proxies stand before us: production has one, TLS ends there."""
    text = environ.get("TRUSTED_PROXIES") or str(int(production))
    if not text.isdecimal():
        raise Problem(f"TRUSTED_PROXIES={text} : un nombre est attendu, par exemple 1.")
    return int(text)


def behind(app: Flask, hops: int) -> Any:
    """The application as it sees the visitor's own address, not the proxy's: without this one
    visitor who guesses passwords would slow everybody. Nobody else's word is taken for it.
    """
    return ProxyFix(app, x_for=hops, x_proto=hops, x_host=hops) if hops else app


def options(environ: Any) -> dict[str, Any]:
    host, port = address(environ)
    return {
        "bind": [f"{host}:{port}"],
        "worker_class": "gthread",
        "workers": int(environ.get("WEB_WORKERS", "2")),
        "threads": int(environ.get("WEB_THREADS", "4")),
        "preload_app": True,
        "timeout": 60,
        "graceful_timeout": GRACE_SECONDS,
        "keepalive": 5,
        "accesslog": "-" if environ.get("ACCESS_LOG") else None,
        "control_socket_disable": True,
    }


def address(environ: Any) -> tuple[str, int]:
    """Host and port to listen on; the loopback unless ``HOST`` says otherwise."""
    text = environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Problem(f"PORT={text} : un numéro de port est attendu, par exemple PORT=8000.")
    return environ.get("HOST") or "127.0.0.1", int(text)


def check_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Problem(
                f"Le port {port} est déjà utilisé ou interdit. "
                f"Choisissez-en un autre : PORT={port + 1} python3 run.py"
            ) from error


def answers(host: str, port: int) -> bool:
    """Whether somebody answers there, be it with an error page."""
    connection = HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=5)  # noqa: S104
    try:
        connection.request("GET", "/")
        return bool(connection.getresponse().status)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
