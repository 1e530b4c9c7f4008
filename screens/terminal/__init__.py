"""The terminal itself: bytes, pace, copying, and giving it back."""
