"""Queries made from text: question-shaped rewritings, keywords, spans, titles and headings, for ten languages."""
import re

WH = {  # (time, number, name, thing)
    "en": (("when", "what year", "in what year"), ("how many", "how much", "what number of"), ("who", "what", "which", "where", "whose"), ("what", "which", "how", "why")),
    "de": (("wann", "in welchem Jahr"), ("wie viele", "wie viel"), ("wer", "was", "wo", "welche", "wen"), ("was", "wie", "welche", "warum")),
    "fr": (("quand", "en quelle année"), ("combien de", "combien"), ("qui", "quel", "où", "quelle"), ("que", "comment", "quel", "pourquoi")),
    "es": (("cuándo", "en qué año"), ("cuántos", "cuánto"), ("quién", "qué", "dónde", "cuál"), ("qué", "cómo", "cuál", "por qué")),
    "pt": (("quando", "em que ano"), ("quantos", "quanto"), ("quem", "que", "onde", "qual"), ("o que", "como", "qual", "por que")),
    "ru": (("когда", "в каком году"), ("сколько",), ("кто", "что", "где", "какой", "кого"), ("что", "как", "какой", "почему")),
    "ko": (("언제", "몇 년에"), ("몇", "얼마나"), ("누구", "무엇", "어디", "어느"), ("무엇", "어떤", "어떻게")),
    "ja": (("いつ", "何年"), ("いくつ", "どのくらい"), ("誰", "何", "どこ", "どの"), ("何", "どんな", "どこ", "誰")),
    "zh": (("哪一年", "什么时候", "何时"), ("多少", "几"), ("谁", "什么", "哪里", "哪个"), ("什么", "谁", "哪里", "哪个", "何")),
    "zht": (("哪一年", "什麼時候", "何時"), ("多少", "幾"), ("誰", "什麼", "哪裡", "哪個"), ("什麼", "誰", "哪裡", "哪個", "何")),
}
ABOUT = {
    "en": ("{}", "{}", "{}", "what is {}", "how to {}", "{} example", "explain {}", "What does {} do?", "how do I use {}?", "{} meaning"),
    "zh": ("{}", "{}", "{}", "{}是什么？", "如何{}？", "什么是{}", "怎么{}", "介绍一下{}"),
    "zht": ("{}", "{}", "{}是什麼？", "如何{}？"),
    "ja": ("{}", "{}", "{}とは", "{}の方法", "{}について教えて"),
    "ko": ("{}", "{}", "{} 방법", "{}란?", "{}은 무엇인가?"),
    "de": ("{}", "{}", "was ist {}?", "wie funktioniert {}?"),
    "fr": ("{}", "{}", "qu'est-ce que {} ?", "comment {} ?"),
    "es": ("{}", "{}", "¿qué es {}?", "cómo {}"),
    "ru": ("{}", "{}", "что такое {}?", "как {}?"),
    "pt": ("{}", "{}", "o que é {}?", "como {}?"),
}
STOP = {
    "en": "the a an of in on at to and or is was were are be been by for from with as it its his her their he she they this that which who had has have also but not into than",
    "de": "der die das den dem des ein eine einer eines und oder ist war sind wurde wird von in im auf mit für zu zum zur als auch es sie er nicht sich",
    "fr": "le la les un une des de du et ou est sont était dans sur par pour avec en au aux que qui il elle ne pas se ce cette",
    "es": "el la los las un una de del y o es son fue en por para con al que se su sus lo no como",
    "pt": "o a os as um uma de do da dos das e ou é são foi em no na por para com ao que se sua seu não como",
    "ru": "и в во на с со по к из за от до о об что как это его её их не он она они был была было были для а но",
    "ko": "",
}
STOP = {lang: set(words.split()) for lang, words in STOP.items()}
CHARACTERS = {"zh", "zht", "ja"}
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
CLAUSE_END = re.compile(r"[，、；：,;:。！？()（）]|\s")
EDGE = "\"'“”‘’«»()[]{},.;:!?¿¡—–-"


def clean_title(title):
    return re.sub(r"\s*[(（].*?[)）]", "", title).strip() or title


def sentences(text):
    return [s.strip() for s in SENTENCE_END.split(text) if 20 <= len(s.strip()) * (2.5 if re.search(r"[\u3040-\u9fff\uac00-\ud7af]", s) else 1) <= 500]


def question_of_words(rng, sentence, title, lang):
    words = [w for w in (w.strip(EDGE) for w in sentence.split()) if w]
    if len(words) < 5:
        return None
    years = [i for i, w in enumerate(words) if re.fullmatch(r"[12]\d{3}년?(에|의)?", w)]
    numbers = [i for i, w in enumerate(words) if re.match(r"\d", w) and i not in years]
    names = [i for i, w in enumerate(words) if i and w[0].isupper()] if lang != "de" else []
    spans = [(i, 0) for i in years] + [(i, 1) for i in numbers] + [(i, 2) for i in rng.sample(names, min(2, len(names)))]
    if not spans or rng.random() < 0.25:
        spans = [(rng.randrange(len(words)), 3)]
    first, kind = rng.choice(spans)
    last = first + 1
    while kind == 2 and last < len(words) and words[last][0].isupper() and last - first < 4:
        last += 1
    wh = rng.choice(WH[lang][kind])
    width = rng.randint(4, 11)
    left = words[max(0, first - rng.randint(0, width)):first]
    right = words[last:last + max(0, width - len(left))]
    drop = rng.random() * 0.6
    left, right = ([w for w in part if w.lower() not in STOP[lang] or rng.random() > drop] for part in (left, right))
    subject = title.split() if not set(title.lower().split()) & {w.lower() for w in left + right} and rng.random() < 0.65 else []
    if len(left + right + subject) < 2:
        return None
    if lang != "ko" and rng.random() < 0.6:
        parts = [wh] + subject + left + right if rng.random() < 0.6 else [wh] + left + right + subject
    else:
        parts = subject + left + [wh] + right
    return " ".join(parts)


def question_of_characters(rng, sentence, title, lang):
    clauses = [c for c in CLAUSE_END.split(sentence) if len(c) > 3]
    if not clauses:
        return None
    at = rng.randrange(len(clauses))
    clause = clauses[at]
    if len(clause) < 12 and at + 1 < len(clauses):
        clause += clauses[at + 1]
    clause = re.sub(r"^(他们|她们|它们|他|她|它|其|該|该|此|這|这|また|その後|その|この|彼は|彼女は)", "", clause)[:45]
    year, number = re.search(r"\d{3,4}年(\d+月)?(\d+日)?", clause), re.search(r"[\d.,]+", clause)
    name = re.search(r"《[^》]+》|「[^」]+」|『[^』]+』|“[^”]+”|[A-Za-z][\w .-]+", clause)
    match, kind = next(((m, k) for m, k in ((year, 0), (name, 2), (number, 1)) if m and rng.random() < 0.8), (None, 3))
    if match:
        first, last = match.span()
    else:
        if len(clause) < 8:
            return None
        length = rng.randint(2, 5)
        first = rng.choice((0, rng.randrange(len(clause) - length), len(clause) - length))
        last = first + length
    text = clause[:first] + rng.choice(WH[lang][kind]) + clause[last:]
    if title not in text and rng.random() < 0.65:
        text = title + rng.choice(("", "", "的" if lang != "ja" else "は", "の" if lang == "ja" else "，")) + text
    if lang == "ja" and rng.random() < 0.5:
        text += rng.choice(("か", "のは何か", "ですか"))
    return text if len(text) > 5 else None


def question(rng, sentence, title, lang):
    make = question_of_characters if lang in CHARACTERS else question_of_words
    text = make(rng, sentence, title, lang)
    if text is None:
        return None
    if rng.random() < 0.55:
        text = text.lower()
    mark = "？" if lang in CHARACTERS and rng.random() < 0.8 else "?"
    return text + (mark if rng.random() < 0.6 else "")


def keywords(rng, sentence, title, lang):
    if lang in CHARACTERS:
        clauses = [c for c in CLAUSE_END.split(sentence) if len(c) > 2]
        picks = rng.sample(clauses, min(len(clauses), rng.randint(1, 3)))
        parts = []
        for clause in picks:
            length = rng.randint(2, 8)
            start = rng.randrange(max(1, len(clause) - length + 1))
            parts.append(clause[start:start + length])
        joint = rng.choice((" ", "", " "))
    else:
        words = [w for w in (w.strip(EDGE) for w in sentence.split()) if len(w) > 2 and w.lower() not in STOP[lang]]
        if len(words) < 3:
            return None
        count, start = rng.randint(2, 6), rng.randrange(len(words))
        parts = words[start:start + count] if rng.random() < 0.6 else rng.sample(words, min(count, len(words)))
        joint = " "
    if rng.random() < 0.45:
        parts.insert(0, title)
    text = joint.join(parts)
    return text.lower() if rng.random() < 0.5 else text
