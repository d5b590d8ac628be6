"""Reading a page as a person does."""

from __future__ import annotations

import re
from html import unescape
from typing import Any


def text_of(response: Any) -> str:
    """The page's text, white space folded (not the unbreakable one)."""
    html = re.sub(r"<(script|style|svg)\b.*?</\1>", "", response.get_data(as_text=True), flags=re.S)
    blocks = re.sub(
        r"</?(?:p|li|div|h\d|td|th|tr|dt|dd|small|strong|section|article)\b[^>]*>", " ", html
    )
    plain = unescape(re.sub(r"<[^>]+>", "", blocks))
    return re.sub(r"[ \t\r\n]+", " ", plain).replace(" \u00a0", "\u00a0")
