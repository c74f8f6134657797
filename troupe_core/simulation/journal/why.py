"""Why a turn was executed: which of its recorded inputs differ from those of the same turn in the journal."""
