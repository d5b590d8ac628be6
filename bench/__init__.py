"""Benches: each prints its figures and their ratio to a bare limit measured in the same run."""
