"""Who we are at the platform: tokens, signing in, arming."""
