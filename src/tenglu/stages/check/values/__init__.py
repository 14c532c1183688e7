"""The meaning of cell texts: kind, value and spelling."""
