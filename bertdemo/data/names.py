"""What column names mean, by whole words, in a dozen languages.

Words stand here in lower case and without accents, as `words_of` gives them: “Catégorie” is ``categorie``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache


def _words(names: str) -> frozenset[str]:
    return frozenset(map(_plain, names.split()))


def _plain(name: str) -> str:
    """`name` without accents, full-width letters and the like as plain ones."""
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", name)))


_ACCENT = re.compile("[\u0300-\u036f]")

STRONG_LABEL_NAMES = _words(
    """label labels category class target sentiment intent 标签 标注 类别 分类 情感 情绪 意图 標籤 類別 分類
    kategorie klasse stimmung absicht étiquette étiquettes catégorie classe etiqueta etiquetas categoría clase
    sentimiento intención rótulo categoria sentimento intenção etichetta intento categorie sentiment intentie
    etykieta kategoria klasa sentyment метка категория класс тональность etiket kategori sınıf sinif duygu
    ラベル カテゴリ カテゴリー クラス 感情 意図 라벨 레이블 카테고리 분류 클래스 감정 의도"""
)
LABEL_NAMES = STRONG_LABEL_NAMES | _words(
    """categories classes topic emotion tag rating stars
    score polarity outcome gold annotation department priority genre spam toxic toxicity liked verdict stance
    主题 类型 评分 星级 极性 评价 主題
    kategorien klassen thema themen bewertung einstufung einordnung kodierung codierung polarität priorität
    sujet thème catégories évaluation classement émotion polarité priorité codage
    tema temas valoración calificación puntuación clasificación emoción polaridad prioridad
    tópico assunto avaliação classificação emoção polaridade prioridade
    argomento valutazione punteggio classificazione emozione polarità priorità
    onderwerp beoordeling classificatie emotie prioriteit temat ocena klasyfikacja emocja priorytet
    тема оценка рейтинг эмоция приоритет konu puan öncelik トピック 評価 評点 優先度 주제 평점 별점 평가 우선순위
    theme themes classification coding tags topics genres emotions 话题 题材 schlagwort schlagwörter emotionen sujets
    thèmes émotions géneros emociones tópicos assuntos gêneros emoções argomenti temi generi emozioni onderwerpen
    emoties tagi tematy emocje gatunki теги темы жанры эмоции категории etiketler konular türler duygular kategoriler
    タグ ジャンル 태그 장르"""
)
WEAK_LABEL_NAMES = _words(
    """type types kind issue queue reason choice code codes coder rater decision
    typ art grund auswahl entscheidung kodierer codierer raison motif choix codeur tipo motivo razón elección código
    codificador razão escolha codificador scelta codice codificatore soort reden keuze codeur rodzaj powód wybór kod
    koder тип вид причина выбор код кодировщик tür neden seçim kodlayıcı 種類 種別 タイプ 理由 選択 コード
    유형 종류 이유 선택 코드 原因 选择 编码"""
)
"""What names a label where no other word speaks for one, and none says what kind of code or type it is."""
UNLIKELY_LABEL_NAMES = _words(
    """annotator annotators reviewer agent agents gender sex status state region country city channel language lang
    locale version branch store platform device browser source confidence
    bearbeiter geschlecht land stadt kanal sprache filiale standort niederlassung quelle gerät
    annotateur relecteur sexe statut état région pays ville canal langue agence succursale magasin
    anotador agente género sexo estado región país ciudad idioma versión sucursal tienda fuente
    situação região cidade versão filial loja fonte annotatore agente sesso stato regione paese città lingua versione
    negozio geslacht regio stad kanaal taal versie filiaal bron płeć stan kraj miasto kanał język wersja oddział
    аннотатор оператор пол статус регион страна город канал язык версия филиал источник
    cinsiyet durum bölge ülke şehir dil sürüm şube 性別 状態 ステータス 地域 国名 都市 チャネル 言語 バージョン
    支店 担当者 성별 상태 지역 국가 도시 채널 언어 버전 지점 담당자 性别 状态 地区 国家 城市 省份 渠道 语言 版本
    门店 客服"""
)
"""What names who judged, who wrote and where from: few values that a text does not tell."""
WHO_JUDGED = _words("class classes klasse klassen classe clase klasa класс sınıf sinif")
"""Label names that may also say who is asked or what is judged (9a, Economy) where another column says how it is."""
SCALE_NAMES = LABEL_NAMES - WHO_JUDGED - {"priority"}
"""What names a judgement where it is a scale of few whole numbers."""
STRONG_TEXT_NAMES = _words(
    """text texts sentence review comment message content body tweet utterance 文本 内容 评论 句子 正文
    nachricht kommentar rezension texte commentaire texto mensaje comentario reseña mensagem comentário testo
    messaggio commento recensione tekst recensie wiadomość komentarz recenzja текст сообщение комментарий отзыв
    metin mesaj yorum 本文 テキスト コメント メッセージ レビュー 본문 텍스트 댓글 리뷰 메시지 문장"""
)
TEXT_NAMES = STRONG_TEXT_NAMES | _words(
    """sentences reviews comments messages
    question description document post query string phrase headline title subject abstract
    summary passage premise hypothesis email transcript feedback sms
    文字 消息 问题 标题 描述 文章 短信 留言 评价 摘要
    nachrichten kommentare rezensionen satz sätze inhalt beschreibung frage antwort betreff titel anliegen rückmeldung
    meldung avis commentaires textes contenu réponse titre objet opinión mensajes comentarios contenido
    descripción pregunta respuesta título asunto mensagens comentários conteúdo descrição pergunta resposta assunto
    commenti messaggi contenuto descrizione domanda risposta titolo oggetto bericht inhoud beschrijving vraag
    antwoord onderwerp opinia treść opis pytanie odpowiedź tytuł отзывы комментарии сообщения содержание описание
    вопрос ответ заголовок içerik açıklama soru cevap başlık 質問 説明 タイトル 件名
    感想 意見 질문 설명 제목 의견 후기 내용"""
)
FIRST_NAMES = _words("premise question query claim")
SECOND_NAMES = _words("hypothesis answer passage evidence response sentence")
"""What names the first and the second of two texts that are judged together."""
ID_NAMES = _words(
    """id ids uid uuid guid index idx key row number no nr date time timestamp datetime created updated url
    link user username author name phone email address 编号 序号 日期 时间 用户 链接
    nummer datum benutzer numéro utilisateur nom fecha número nombre usuario usuário nome utente imię дата номер имя
    пользователь tarih isim 日付 番号 名前 氏名 날짜 번호 이름"""
)
TRAIN_PART = _words("train training learn dev devel development val valid validation 训练 训练集 验证 验证集")
TEST_PART = _words("test testing tst eval evaluation held_out heldout 测试 测试集")
"""What names the rows to learn from (and to validate on) and the rows to test on."""
ANY_NAME = LABEL_NAMES | TEXT_NAMES | ID_NAMES | {"split", "count", "group", "source", "lang", "language", "1", "2"}
BEFORE_CORRECTION, CORRECTED_BY = " (before correction)", " (corrected by)"
"""Ends of the names of two columns of a corrected file: of the labels before, and of who gave the new ones."""
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_CAPITAL, _SMALL = "A-ZÆØĐŁŒ", "a-zßæøđıłœ"
_WORD = re.compile(rf"[{_CAPITAL}]?[{_SMALL}]+|[{_CAPITAL}]+(?![{_SMALL}])|\d+|[{_UNSPACED}]+|[^\W\d_{_UNSPACED}]+")
_EVERY_NAME = LABEL_NAMES | WEAK_LABEL_NAMES | UNLIKELY_LABEL_NAMES | TEXT_NAMES | ID_NAMES
_UNSPACED_NAMES = sorted(filter(re.compile(f"[{_UNSPACED}]+").fullmatch, _EVERY_NAME), key=len, reverse=True)


def own_name(name: str, columns: Sequence[str]) -> str:
    """What the column of that name is called in `columns`, whose Unicode form may be another; `name` where none is."""
    if name in columns:
        return name
    meant = unicodedata.normalize("NFC", name)
    return next((column for column in columns if unicodedata.normalize("NFC", column) == meant), name)


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """The whole words of a column name: ``"reviewText_2"`` -> ``("review", "text", "2")``, accents left out.

    A run of Chinese, Japanese or Korean characters is cut into known words from the left; what is left over stays one
    word.
    """
    words: list[str] = []
    for match in _WORD.findall(_plain(name)):
        words.extend(_cut_unspaced(match.lower()))
    return tuple(words)


def is_of_correction(name: str) -> bool:
    """Whether a column tells what was corrected: nothing to learn from, and no other label."""
    return name.endswith((BEFORE_CORRECTION, CORRECTED_BY))


def _cut_unspaced(run: str) -> list[str]:
    words = []
    while run:
        word = next((name for name in _UNSPACED_NAMES if run.startswith(name)), run)
        words.append(word)
        run = run[len(word) :]
    return words
