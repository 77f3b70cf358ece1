"""Headlines for the screens in a lobby."""
