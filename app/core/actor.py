"""Who asks: passed to every service, so that no service reads a web session."""

from __future__ import annotations

from dataclasses import dataclass, field

NO_HOUSEHOLD = -1
"""Never None: a filter on NULL would not filter (facts.md)."""


@dataclass(frozen=True)
class Actor:
    """An account acting, or the portal itself (``account_id`` None)."""

    account_id: int | None
    household_id: int = NO_HOUSEHOLD
    roles: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_agent(self) -> bool:
        """Acts for families, as staff of the commune."""
        return self.account_id is not None and self.household_id == NO_HOUSEHOLD


SYSTEM = Actor(account_id=None)
