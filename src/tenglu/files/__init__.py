"""Files on the disk: written atomically, named safely."""
