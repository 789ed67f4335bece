"""What is one's own: saved things and places, the profile and its switch, "why this?", sample sign-in."""
