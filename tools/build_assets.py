"""Builds the vendored parts of ``app/static``; run by hand when a list below changes.

    uv run --with fonttools,brotli,fontpkg-figtree --no-project python tools/build_assets.py

- ``bootstrap.css``: the rules of Bootstrap 5.3 (MIT) that the pages use, out of 230 kB;
- ``tokens-system.css``: the dark theme again, for browsers without script;
- ``icons.svg``: the Bootstrap Icons (MIT) named in ``tools/icons.txt``, one sprite;
- ``pdf/FigtreePdf*.ttf``: two static cuts of Figtree (SIL OFL 1.1), because a PDF renders a variable
  font light and without bold; distinct family names, as the licence and the renderer both want;
- ``favicon.png``, ``pdf/mark.png``: the mark, drawn from the same figures as ``favicon.svg``.

``bootstrap``, ``theme`` and ``icons`` alone need only the portal's own packages: name them as arguments.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "app" / "static"

# Class names (whole, as patterns) whose rules are kept; element selectors (reboot) always are.
KEPT_CLASSES = re.compile(
    r"""row | col(-(md|lg))?(-(auto|\d+))? | g[xy]?-[0-5]
    | d-((sm|md|lg|print)-)?(none|block|flex|inline|inline-block|grid)
    | flex-(wrap|nowrap|column|row|fill|grow-1|shrink-0)
    | (justify-content|align-items|align-self)-(start|end|center|between|baseline|stretch)
    | gap-[0-5] | [mp][tbsexy]?-([0-5]|auto) | w-(100|auto) | h-100
    | text-(start|end|center|nowrap|break) | fw-(bold|normal) | list-unstyled
    | visually-hidden(-focusable)? | position-(relative|sticky) | overflow-auto""",
    re.VERBOSE,
)


def build_bootstrap() -> None:
    """Write the subset of the stylesheet that ships in Bootstrap-Flask."""
    import flask_bootstrap
    import tinycss2

    source = Path(flask_bootstrap.__file__).parent / "static/bootstrap5/css/bootstrap.min.css"
    rules = tinycss2.parse_stylesheet(source.read_text(), skip_comments=True, skip_whitespace=True)
    head = "/*! Bootstrap 5.3.8, selected rules (tools/build_assets.py). MIT, getbootstrap.com */\n"
    (STATIC / "bootstrap.css").write_text(head + "\n".join(filter(None, map(_kept, rules))) + "\n")


def _kept(rule: object) -> str:
    import tinycss2

    if rule.type == "at-rule" and rule.at_keyword == "media" and rule.content:
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        body = "".join(filter(None, map(_kept, inner)))
        return f"@media{tinycss2.serialize(rule.prelude)}{{{body}}}" if body else ""
    if rule.type != "qualified-rule":
        return ""
    selectors = [s for s in tinycss2.serialize(rule.prelude).split(",") if _wanted(s)]
    return ",".join(selectors) + "{" + tinycss2.serialize(rule.content) + "}" if selectors else ""


def _wanted(selector: str) -> bool:
    if "data-bs-theme=dark" in selector and not selector.strip().startswith("[data-bs-theme=dark]"):
        return False
    return all(KEPT_CLASSES.fullmatch(name) for name in re.findall(r"\.([\w-]+)", selector))


def build_system_theme() -> None:
    """Write the dark tokens for browsers without script, where nothing sets ``data-bs-theme``."""
    tokens = (STATIC / "tokens.css").read_text()
    dark = re.search(r'(?s)\[data-bs-theme="dark"\] (\{.*?\n\})', tokens)
    if dark is None:
        raise LookupError("tokens.css has no dark theme")
    head = "/* The dark theme of tokens.css, for a browser without script (tools/build_assets.py). */\n"
    body = f"@media (prefers-color-scheme: dark) {{\n:root:not([data-bs-theme]) {dark[1]}\n}}\n"
    (STATIC / "tokens-system.css").write_text(head + body)


def build_icons() -> None:
    """Write the sprite; fails when a name is unknown."""
    import flask_bootstrap

    source = Path(flask_bootstrap.__file__).parent / "static/bootstrap5/icons/bootstrap-icons.svg"
    symbols = dict(
        re.findall(r'(?s)<symbol[^>]*? id="([\w-]+)".*?>(.*?)</symbol>', source.read_text())
    )
    names = (ROOT / "tools" / "icons.txt").read_text().split()
    between = re.compile(r">\s+<")
    body = "".join(
        f'<symbol id="{name}" viewBox="0 0 16 16">{between.sub("><", symbols[name].strip())}</symbol>\n'
        for name in names
    )
    (STATIC / "icons.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Bootstrap Icons, MIT -->\n{body}</svg>\n'
    )


def build_fonts() -> None:
    """Write the two static cuts, Latin only."""
    import fontpkg_figtree
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    source = Path(fontpkg_figtree.__file__).parent / "files" / "Figtree[wght].ttf"
    for cut, weight in (("Regular", 400), ("Bold", 700)):
        font = instantiateVariableFont(TTFont(source), {"wght": weight})
        for record in font["name"].names:
            if record.nameID in (1, 3, 4, 6, 16):
                record.string = f"FigtreePdf{cut}"
        options = subset.Options(name_IDs=["*"], layout_features=["kern"], hinting=False)
        cutter = subset.Subsetter(options)
        cutter.populate(
            unicodes=[
                *range(0x20, 0x180),
                0x2013,
                0x2014,
                0x2018,
                0x2019,
                0x201C,
                0x201D,
                0x2022,
                0x2026,
                0x20AC,
                0x2212,
            ]
        )
        cutter.subset(font)
        font.save(STATIC / "pdf" / f"FigtreePdf{cut}.ttf")


def build_marks() -> None:
    """Draw the two pictures four times too large, then reduce them: Pillow has no smooth lines."""
    from PIL import Image, ImageDraw

    for target, size in (("favicon.png", 180), ("pdf/mark.png", 120)):
        side = size * 4
        picture = Image.new("RGBA", (side, side))
        pen = ImageDraw.Draw(picture)
        pen.rounded_rectangle((0, 0, side - 1, side - 1), radius=side * 0.22, fill="#17608F")
        scale = side / 64
        roof = [(12, 34), (32, 16), (52, 34)]
        pen.line(
            [(x * scale, y * scale) for x, y in roof],
            fill="#fff",
            width=round(5 * scale),
            joint="curve",
        )
        pen.rounded_rectangle([v * scale for v in (18, 34, 46, 50)], radius=2 * scale, fill="#fff")
        pen.rectangle([v * scale for v in (28, 40, 36, 50)], fill="#17608F")
        picture.resize((size, size), Image.Resampling.LANCZOS).save(STATIC / target, optimize=True)


BUILDERS = {
    "bootstrap": build_bootstrap,
    "icons": build_icons,
    "theme": build_system_theme,
    "fonts": build_fonts,
    "marks": build_marks,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BUILDERS:
        BUILDERS[name]()
