"""What column names mean, by whole words, in English and Chinese."""

from __future__ import annotations

import re
from functools import lru_cache


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


LABEL_NAMES = _words(
    """label labels category categories class classes target sentiment intent topic emotion tag rating stars
    score polarity outcome gold annotation department priority genre spam toxic toxicity liked verdict stance
    标签 标注 类别 分类 情感 情绪 意图 主题 类型 评分 星级 极性 评价"""
)
STRONG_LABEL_NAMES = _words("label labels category class target sentiment intent 标签 标注 类别 分类 情感 情绪 意图")
WHO_JUDGED = _words("class classes")
"""Label names that may also say who is asked or what is judged (9a, Economy) where another column says how it is."""
SCALE_NAMES = LABEL_NAMES - WHO_JUDGED - {"priority"}
"""What names a judgement where it is a scale of few whole numbers."""
TEXT_NAMES = _words(
    """text texts sentence sentences review reviews comment comments message messages content body tweet
    question utterance description document post query string phrase headline title subject abstract
    summary passage premise hypothesis email transcript feedback sms
    文本 文字 内容 评论 句子 正文 消息 问题 标题 描述 文章 短信 留言 评价 摘要"""
)
STRONG_TEXT_NAMES = _words(
    "text texts sentence review comment message content body tweet utterance 文本 内容 评论 句子 正文"
)
FIRST_NAMES = _words("premise question query claim")
SECOND_NAMES = _words("hypothesis answer passage evidence response sentence")
"""What names the first and the second of two texts that are judged together."""
ID_NAMES = _words(
    """id ids uid uuid guid index idx key row number no nr date time timestamp datetime created updated url
    link user username author name phone email address 编号 序号 日期 时间 用户 链接"""
)
TRAIN_PART = _words("train training learn dev devel development val valid validation 训练 训练集 验证 验证集")
TEST_PART = _words("test testing tst eval evaluation held_out heldout 测试 测试集")
"""What names the rows to learn from (and to validate on) and the rows to test on."""
ANY_NAME = LABEL_NAMES | TEXT_NAMES | ID_NAMES | {"split", "count", "group", "source", "lang", "language", "1", "2"}
BEFORE_CORRECTION, CORRECTED_BY = " (before correction)", " (corrected by)"
"""Ends of the names of two columns of a corrected file: of the labels before, and of who gave the new ones."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[\u3400-\u9fff]+|[^\W\d_]+")
_CHINESE_NAMES = sorted(
    (name for name in LABEL_NAMES | TEXT_NAMES | ID_NAMES if not name.isascii()), key=len, reverse=True
)


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The whole words of a column name: ``"reviewText_2"`` -> ``("review", "text", "2")``.

    A run of Chinese characters is cut into known words from the left; what is left over stays one word.
    """
    words: list[str] = []
    for match in _WORD.findall(name):
        words.extend([match.lower()] if match.isascii() else _cut_chinese(match.lower()))
    return tuple(words)


def is_of_correction(name: str) -> bool:
    """Whether a column tells what was corrected: nothing to learn from, and no other label."""
    return name.endswith((BEFORE_CORRECTION, CORRECTED_BY))


def _cut_chinese(run: str) -> list[str]:
    words = []
    while run:
        word = next((name for name in _CHINESE_NAMES if run.startswith(name)), run)
        words.append(word)
        run = run[len(word) :]
    return words
