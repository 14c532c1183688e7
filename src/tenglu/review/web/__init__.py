"""The review app: HTTP, sessions and what a browser gets."""
