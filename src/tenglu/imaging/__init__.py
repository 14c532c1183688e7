"""Images as arrays: geometry, ink, ruling lines. No stage, no file, no setting."""
