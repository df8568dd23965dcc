"""``python -m bertdemo``."""

from bertdemo.cli import main

if __name__ == "__main__":
    main()
