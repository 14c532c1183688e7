"""Write files atomically under safe names."""
