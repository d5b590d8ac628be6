"""The commune's own accent in place of lake blue: checked, derived for both themes, served as a sheet.

Contrast is WCAG 2.1's ratio (relative luminance of sRGB). The sheet depends on its address alone, so
browsers keep it for ever and no page reads a setting to draw itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import Flask, Response, abort, url_for

from app.core.errors import Refusal
from app.core.text import N_

Rgb = tuple[float, float, float]

SUNKEN = {"light": "#F3EEE5", "dark": "#2B2824"}
"""The surface on which each theme's accent reads worst (tokens.css)."""
TEXT_CONTRAST = 4.5
WHITE: Rgb = (255, 255, 255)
BLACK: Rgb = (0, 0, 0)
SHEET = """{selector} {{
  --pf-accent: {accent}; --pf-accent-strong: {strong}; --pf-on-accent: {on_accent}; --pf-focus: {accent};
  --pf-accent-tint: {tint}; --pf-on-accent-tint: {on_tint}; --pf-info-line: {line};
  --pf-day-booked-bg: {accent}; --pf-day-booked-ink: {on_accent}; --pf-day-booked-line: {accent};
  --bs-link-color: {accent}; --bs-link-hover-color: {strong};
}}
"""


class AccentRefused(Refusal):
    """Not a colour, or one that cannot be read on the portal's surfaces."""

    status = 400
    text = N_("Choose a darker colour, written like #17608F: texts in this one could not be read.")


def init_app(app: Flask) -> None:
    """Serve the sheet of any accepted colour."""
    app.add_url_rule("/static/accent/<colour>.css", "accent_static", _sheet)


def url(accent: str) -> str:
    """Address of the sheet of ``accent``; empty when the commune keeps lake blue."""
    return url_for("accent_static", colour=check(accent)[1:], v=1) if accent else ""


def check(accent: str) -> str:
    """``accent`` as #RRGGBB; raises AccentRefused under 4.5 on ``sunken``."""
    colour = accent.strip().upper()
    if (
        not re.fullmatch(r"#[0-9A-F]{6}", colour)
        or contrast(colour, SUNKEN["light"]) < TEXT_CONTRAST
    ):
        raise AccentRefused(accent=accent[:20])
    return colour


def contrast(one: str, other: str) -> float:
    """Ratio between 1 and 21."""
    dark, light = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (light + 0.05) / (dark + 0.05)


def sheet(accent: str) -> str:
    """CSS that replaces the accent in both themes."""
    light = _shades(accent, "light", WHITE, BLACK)
    dark = _shades(_readable(accent, WHITE, SUNKEN["dark"], 7), "dark", BLACK, WHITE)
    return SHEET.format(selector=':root, [data-bs-theme="light"]', **light) + SHEET.format(
        selector='[data-bs-theme="dark"]', **dark
    )


def _shades(accent: str, theme: str, paper: Rgb, ink: Rgb) -> dict[str, str]:
    tint = _mix(accent, paper, 0.89 if theme == "light" else 0.72)
    return {
        "accent": accent,
        "strong": _mix(accent, ink, 0.28),
        "on_accent": _readable(_mix(accent, paper, 0.85), paper, accent, TEXT_CONTRAST),
        "tint": tint,
        "on_tint": _readable(accent, ink, tint, 7),
        "line": _mix(accent, WHITE if theme == "light" else BLACK, 0.3),
    }


def _readable(colour: str, towards: Rgb, on: str, ratio: float) -> str:
    """``colour`` mixed with ``towards`` just enough to be read on ``on``."""
    shades = (_mix(colour, towards, step / 20) for step in range(21))
    return next((shade for shade in shades if contrast(shade, on) >= ratio), _hex(towards))


def _sheet(colour: str) -> Response:
    try:
        accepted = check(f"#{colour}")
    except AccentRefused:
        abort(404)
    return Response(sheet(accepted), mimetype="text/css")


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def _hex(colour: Rgb) -> str:
    return "#" + "".join(f"{round(part):02X}" for part in colour)


def _mix(colour: str, other: Rgb, share: float) -> str:
    red, green, blue = _parts(_rgb(colour), other, share)
    return _hex((red, green, blue))


def _parts(one: Rgb, other: Rgb, share: float) -> Iterator[float]:
    return (a + (b - a) * share for a, b in zip(one, other, strict=True))


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
