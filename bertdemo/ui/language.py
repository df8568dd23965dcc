"""Which language a visitor reads: ``?lang=``, kept in a cookie, else what the browser asks for."""

from __future__ import annotations

from typing import Any

import gradio as gr

from bertdemo.text import LANGUAGES, PAGE, choose_language, sentence

HEAD = """
<script>
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
</script>
<style>
@media (prefers-reduced-motion: reduce) { * { transition: none !important; animation: none !important; } }
</style>
"""


def _table(lang: str) -> dict[str, str]:
    # a dot in a key would be read as a path
    return {code.replace(".", "_"): words for code, words in LANGUAGES[lang].items() if code.startswith(PAGE)}


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


def titles(lang: str, **axes: str) -> dict[str, Any]:
    """Titles of a chart's axes: ``x_title`` and so on, from the messages named; charts know no I18n."""
    return {f"{axis}_title": sentence(name, lang) for axis, name in axes.items()}
