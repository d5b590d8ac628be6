"""Documents in PDF, drawn from a template with the portal's own fonts and nothing from outside."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from flask import current_app, render_template
from xhtml2pdf import pisa
from xhtml2pdf.config.resources import ResourceAccessPolicy


class PdfFailed(RuntimeError):
    """The document could not be drawn as asked (unknown font, missing picture, bad markup)."""


def render_pdf(template: str, **context: Any) -> bytes:
    """The bytes of ``template`` (it extends ``pdf/layout.html``) drawn as A4.

    Raises PdfFailed on any error or warning: a document with a number is right or is not issued.
    """
    static = Path(str(current_app.static_folder))
    out = io.BytesIO()
    status = pisa.CreatePDF(
        render_template(template, **context),
        dest=out,
        path=str(static / "document.html"),
        encoding="utf-8",
        resource_policy=ResourceAccessPolicy.server(base_dir=static, allow_remote=False),
    )
    if status.err or status.warn:
        raise PdfFailed(f"{template}: {[str(line) for line in status.log][:3]}")
    return out.getvalue()
