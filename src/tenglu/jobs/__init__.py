"""Work on many inputs: planned, stored, resumed, reported."""
