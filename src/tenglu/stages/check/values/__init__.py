"""What a text means: kinds, values, spelling."""
