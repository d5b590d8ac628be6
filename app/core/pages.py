"""Helpers of templates (being written)."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register filters, globals and error pages."""
