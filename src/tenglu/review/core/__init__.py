"""The domain of a review: events, the log, and the reviewed result."""
