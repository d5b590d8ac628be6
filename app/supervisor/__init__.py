"""Everything that starts processes: the commands of `run.py`, and the supervisor behind `python3 run.py`."""
