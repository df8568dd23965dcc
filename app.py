"""What Hugging Face Spaces runs, and ``python app.py``: the page."""

from bertdemo.ui.app import launch

if __name__ == "__main__":
    launch()
