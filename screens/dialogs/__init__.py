"""What opens over a screen: questions, lists, texts."""
