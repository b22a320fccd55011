"""Entry point of `emograin`, `python -m emograin` and `accelerate launch -m emograin`."""

import sys


def main() -> int:
    """Run the command line and return its exit code; Ctrl-C while its modules are imported is one line, as later."""
    try:
        from .cli.app import main as run

        return run()
    except KeyboardInterrupt:
        print("emograin: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
