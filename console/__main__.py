"""The entry point. `--version` answers before anything else is imported."""

import sys


def main() -> int:
    """Run `repoint` with the arguments of this process; the exit code."""
    argv = sys.argv[1:]
    if argv == ["--version"] and sys.stdout is not None:
        from console.version import VERSION

        try:
            sys.stdout.write(f"repoint {VERSION}\n")
            sys.stdout.flush()
        except OSError:  # the reader went away: the way below ends quietly
            pass
        else:
            return 0
    from console.cli import harden, run

    harden()
    return run(argv)


if __name__ == "__main__":
    sys.exit(main())
