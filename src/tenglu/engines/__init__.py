"""Recognisers: pictures of text lines in, readings out."""
