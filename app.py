"""What Hugging Face Spaces runs, and ``python app.py``: the page, with the options of ``serve``."""

import sys

from bertdemo.cli import main

if __name__ == "__main__":
    main(["serve", *sys.argv[1:]])
