"""Constraints between numbers: proposed, tested, accepted, and their effect on each cell."""
