"""Our own date formats where Django's do not fit; ``FORMAT_MODULE_PATH`` names this package."""
