"""The review app: doubtful cells beside the scan, and the decisions of reviewers.

``core`` has the events, the log and their effect on a result; ``web`` shows documents in a browser.
"""
