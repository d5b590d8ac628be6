"""The lowest room: what every feature stands on and that knows none of them."""
