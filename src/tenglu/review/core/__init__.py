"""What reviewers decide: events, the log, and the result they give."""
