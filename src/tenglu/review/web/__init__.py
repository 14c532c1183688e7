"""The web side of the review app: HTTP, sessions, pictures and the view for browsers."""
