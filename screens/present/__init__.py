"""Domain values as text: pure, with `now` passed in, for widgets, dialogs and tests alike."""
