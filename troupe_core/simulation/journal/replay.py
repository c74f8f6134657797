"""Every turn once more."""
