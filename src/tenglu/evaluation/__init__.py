"""Score results against truth: which cells match, and the figures of accuracy."""
