"""The desk of the reservations' tests serves here too."""

from tests.reservations.conftest import desk as desk
from tests.reservations.conftest import statements as statements
