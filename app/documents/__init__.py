"""Supporting documents: their types, what is asked of whom, files and their review."""
