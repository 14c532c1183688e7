"""Drawn scans: what stands on them, how it is set, marked and scanned (see ../generate.py)."""
