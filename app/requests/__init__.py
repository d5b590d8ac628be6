"""The engine of démarches: what can be asked is data, what was asked is a request."""
