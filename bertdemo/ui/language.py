"""Which language a visitor reads: ``?lang=``, kept in a cookie, else what the browser asks for."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from bertdemo.text import LANGUAGES, PAGE, choose_language, sentence

LANGUAGE_SCRIPT = b"""<script>
(() => {
  // Gradio takes its language from the browser: ?lang= is remembered and put in its place
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked && /^[a-zA-Z-]{2,10}$/.test(asked))
    document.cookie = `bertdemo_lang=${asked}; path=/; max-age=31536000; samesite=lax`;
  const kept = document.cookie.match(/bertdemo_lang=([a-zA-Z-]+)/);
  if (!kept) return;
  const tag = kept[1] === "zh" ? "zh-CN" : kept[1];
  Object.defineProperty(navigator, "language", { get: () => tag });
  Object.defineProperty(navigator, "languages", { get: () => [tag] });
})();
</script>"""
HEAD = """
<style>
@media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
</style>
<script>
addEventListener("keydown", event => {
  if (event.key === "Escape") document.querySelector(".api-docs .backdrop")?.click();  // Gradio's settings
});
</script>
"""
COMPLETE = "common.complete"
"""What Gradio says to a screen reader behind each event, and has no words for in any language."""


class LanguageFirst:
    """ASGI middleware: the page begins with `LANGUAGE_SCRIPT`. What Gradio is given as `head` it adds later, when
    the language has been chosen."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/":
            await self.app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        body = b""

        async def hold(message: dict[str, Any]) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            whole = body.replace(b"<head>", b"<head>" + LANGUAGE_SCRIPT, 1)
            headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            await send({**start, "headers": [*headers, (b"content-length", str(len(whole)).encode())]})
            await send({"type": "http.response.body", "body": whole})

        await self.app(scope, receive, hold)


def _table(lang: str) -> dict[str, str]:
    # a dot in a key would be read as a path
    words = {code.replace(".", "_"): words for code, words in LANGUAGES[lang].items() if code.startswith(PAGE)}
    return words | {COMPLETE: sentence("complete", lang)}


I18N = gr.I18n(**{"en": _table("en"), "zh-CN": _table("zh"), "zh": _table("zh")})


def t(name: str) -> str:
    """A label that never changes, worded by the browser in its language: the message ``ui.<name>``."""
    return I18N(f"ui_{name}")  # type: ignore[return-value]


def language(request: gr.Request | None) -> str:
    """The language for sentences that are made on the server."""
    if request is None:
        return choose_language(None)
    kept = request.cookies.get("bertdemo_lang")
    return choose_language(kept or request.headers.get("accept-language"))


def other_languages(request: gr.Request) -> str:
    """Links to the same page, run and theme in each other language, named in that language."""
    lang = language(request)
    stays = {name: value for name, value in request.query_params.items() if name in ("run", "__theme")}
    return " ".join(
        f'<a href="?{escape(urlencode({**stays, "lang": other}))}" lang="{other}" hreflang="{other}">'
        f"{escape(sentence('this_language', other))}</a>"
        for other in LANGUAGES
        if other != lang
    )


def titles(lang: str, **axes: str) -> dict[str, Any]:
    """Titles of a chart's axes: ``x_title`` and so on, from the messages named; charts know no I18n."""
    return {f"{axis}_title": sentence(name, lang) for axis, name in axes.items()}
