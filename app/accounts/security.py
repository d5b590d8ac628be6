"""Who may enter and what each role may do: the portal's face to FAB's security."""

from __future__ import annotations

from flask_appbuilder.security.sqla.manager import SecurityManager as FabSecurityManager

from app.accounts.models import Account


class SecurityManager(FabSecurityManager):  # type: ignore[misc]
    """FAB's manager over ``Account``."""

    user_model = Account
