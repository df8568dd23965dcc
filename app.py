"""What Hugging Face Spaces runs, and ``python app.py``: the page."""

from bertdemo.cli import main

if __name__ == "__main__":
    main(["serve"])
