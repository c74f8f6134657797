"""What users can do with a world, room by room; `TinyWorld` is all of it."""
