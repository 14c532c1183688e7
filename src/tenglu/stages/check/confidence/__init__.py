"""Confidence: the probability that the text of a cell is exactly right."""
