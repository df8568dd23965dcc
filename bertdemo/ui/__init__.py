"""The page. Gradio lives here alone."""
