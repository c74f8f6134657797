"""What users can do with a person, room by room; `TinyPerson` is all of it."""
