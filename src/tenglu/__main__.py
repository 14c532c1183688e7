"""``python -m tenglu``."""

from tenglu.cli.main import main

if __name__ == "__main__":  # worker processes import this file again
    main()
