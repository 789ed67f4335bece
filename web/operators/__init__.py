"""The operators' portal: what staff see and do, signed in with a second factor."""
