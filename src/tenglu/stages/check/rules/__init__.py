"""Relations between numbers: proposed, tested, and what they say of each cell."""
