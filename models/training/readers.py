"""Readers: each yields (lang, document key, title, [(heading, paragraph), ...]) for the files of one source."""
import html
import json
import re
from pathlib import PurePosixPath

SPACE = re.compile(r"\s+")
TAG = re.compile(r"<[^>]+>")
LANGS = {"en": "en", "en-US": "en", "en-us": "en", "C": "en", "zh": "zh", "zh-CN": "zh", "zh_CN": "zh", "zh-cn": "zh",
         "zh_TW": "zht", "zh-TW": "zht", "zh-tw": "zht", "de": "de", "fr": "fr", "es": "es", "ja": "ja", "ko": "ko",
         "ru": "ru", "pt": "pt", "zh-Hant": "zht", "kr": "ko", "ja-JP": "ja", "ko-KR": "ko", "fr-FR": "fr", "es-ES": "es", "ru-RU": "ru",
         "de-DE": "de", "pt-BR": "pt", "pt_BR": "pt", "pt-br": "pt"}


def squeeze(text):
    return SPACE.sub(" ", text).strip()


def wikiextractor(lang, path, data):
    for doc in re.finditer(r'<doc id="[^"]*" url="[^"]*" title="([^"]*)">\n(.*?)</doc>', data, re.S):
        title, lines = html.unescape(doc[1]), doc[2].split("\n")
        heading, out = "", []
        for line in map(squeeze, lines[1:]):
            if len(line) < 50 and line.endswith(".") and not re.search(r"\d", line) and lang != "en":
                heading = line.rstrip(".")
            elif len(line) >= 25:
                out.append((heading, html.unescape(line)))
        if out:
            yield lang, title, title, out


def plain_pages(lang, path, data):
    title = PurePosixPath(path).stem.replace("_", " ")
    text = re.sub(r"\[\d+\]|-{5,}.*", "", data)
    heading, out = "", []
    for block in re.split(r"\n\s*\n", text):
        block = block.strip()
        if block.startswith("#"):
            heading = squeeze(block.lstrip("# "))
        elif len(block) > 60 and "|" not in block and not block.startswith(("-", "*", "+", ">")):
            out.append((heading, squeeze(block.replace("*", "").replace("_", " "))))
    if len(out) > 1:
        yield lang, title, title, out


def squad(lang, path, data):
    for article in json.loads(data)["data"]:
        title = article.get("title", "")
        yield lang, f"{path}/{title}", title, [("", squeeze(p["context"])) for p in article["paragraphs"]]


def qed(lang, path, data):
    for line in data.splitlines():
        record = json.loads(line)
        record = record.get("example", record)
        yield lang, f"{path}/{record['example_id']}", record["title_text"], [("", squeeze(record["paragraph_text"]))]


def factbook(lang, path, data):
    record = json.loads(data)
    name = record.get("Government", {}).get("Country name", {}).get("conventional short form", {})
    name = name.get("text") if isinstance(name, dict) else None
    if not name or name == "none":
        return

    def text(node):
        if isinstance(node, str):
            return node
        if isinstance(node, dict):
            return " ".join((f"{k}: " if k != "text" else "") + text(v) for k, v in node.items())
        return ""

    out = [(f"{name} {k.lower()}", squeeze(TAG.sub(" ", f"{name}: {k}. {text(v)}")))
           for section in record.values() if isinstance(section, dict) for k, v in section.items()]
    yield lang, path, name, [(h, x) for h, x in out if len(x) > 60]


def tldr(lang, path, data):
    match = re.match(r"pages(?:\.(\w+))?/(\w+)/(.+)\.md$", path)
    lang = match and LANGS.get(match[1] or "en")
    if not lang:
        return
    about = " ".join(line[2:].strip() for line in data.split("\n") if line.startswith("> "))
    uses = re.findall(r"^- (.+?)[:：]?\n\n`(.+?)`", data, re.M)
    out = [(use, squeeze(f"{match[3]}: {about} {re.sub('[{}]', '', command)}")) for use, command in uses]
    if out:
        yield lang, f"{match[2]}/{match[3]}", match[3], out


def php(lang, path, data):
    title = re.search(r"<(?:refname|title)>(.*?)</(?:refname|title)>", data, re.S)
    if not title:
        return
    title = squeeze(TAG.sub("", title[1]))
    purpose = re.search(r"<refpurpose>(.*?)</refpurpose>", data, re.S)
    heading = squeeze(TAG.sub("", purpose[1])) if purpose else title
    data = re.sub(r"<programlisting.*?</programlisting>|<screen>.*?</screen>|<!--.*?-->", " ", data, flags=re.S)
    out = []
    for body in re.findall(r"<(?:simpara|para)>(.*?)</(?:simpara|para)>", data, re.S):
        body = squeeze(html.unescape(re.sub(r"&[\w.-]+;", " ", TAG.sub(" ", body))))
        if len(body) > 25:
            out.append((heading, body))
    if out:
        yield lang, path, title, out


def po(lang, path, data):
    out = []
    for entry in data.split("\n\n"):
        if "#, fuzzy" in entry:
            continue
        match = re.search(r'^msgstr ((?:".*"\n?)+)', entry, re.M)
        text = squeeze("".join(re.findall(r'"(.*)"', match[1])).replace("\\n", " ").replace('\\"', '"')) if match else ""
        text = re.sub(r":[\w:]+:`!?~?\.?([^`<]*?)(?: *<[^>]*>)?`|``(.*?)``", lambda m: m[1] or m[2] or "", text)
        if len(text) > 15 and not text.startswith("Project-Id"):
            out.append(("", text.replace("*", "")))
    if out:
        name = PurePosixPath(path).stem
        yield lang, path, f"Python {name}", out


def html_sections(lang, path, data):
    import lxml.html
    for key in path.split("/"):
        if key in LANGS and (not lang or lang in ("en",) and LANGS[key] != "en"):
            lang = LANGS[key]
    suffix = re.search(r"\.(zh-cn|zh-tw|de|fr|es|ja|ko|ru|pt-br|pt|en)\.html$", path)
    lang = LANGS[suffix[1]] if suffix else lang
    if not lang or re.search(r"genindex|/_modules/|search\.html|/_sources/|all\.html|\.(it|ca|cs|da|el|eu|fi|hu|nb|nl|pl|ro|sk|sv|tr|uk|vi|id|fa|ar)\.html$", path):
        return
    try:
        root = lxml.html.fromstring(data.encode(), parser=lxml.html.HTMLParser(encoding="utf8"))
    except Exception:
        return
    for node in root.xpath('//script|//style|//nav|//header|//footer|//*[@role="navigation"]|//*[contains(@class,"sphinxsidebar") or '
                           'contains(@class,"navheader") or contains(@class,"navfooter") or contains(@class,"toc") or contains(@class,"headerlink")]'):
        if node.getparent() is not None:
            node.drop_tree()
    title = squeeze(root.findtext(".//title") or "")
    heading, out = title, []
    for node in root.iter("h1", "h2", "h3", "h4", "dt", "p", "li", "pre", "td"):
        text = squeeze(node.text_content()).rstrip("¶")
        if node.tag in ("h1", "h2", "h3", "h4", "dt"):
            heading = text[:160] or heading
        elif 25 < len(text) < 4000 and not (node.tag in ("li", "td") and node.find(".//p") is not None):
            out.append((heading, text))
    if out:
        yield lang, re.sub(r"/(en-US|zh-CN|zh-TW|pt-BR|en|de|fr|es|ja|ko|ru)/|\.(zh-cn|zh-tw|de|fr|es|ja|ko|ru|pt-br|en)\.html", "/", path), title, out


def mallard(lang, path, data):
    import lxml.etree as etree
    match = re.search(r"share/help/([^/]+)/(.+\.page)$", path)
    lang = LANGS.get(match[1]) if match else None
    if not lang:
        return
    root = etree.fromstring(data.encode(), etree.XMLParser(recover=True))
    heading, title, out = "", "", []
    for node in root.iter():
        tag = etree.QName(node).localname if isinstance(node.tag, str) else ""
        text = squeeze("".join(node.itertext())) if tag in ("title", "p") else ""
        if tag == "title" and text:
            title, heading = title or text, text
        elif tag == "p" and len(text) > 25 and heading:
            out.append((heading, text))
    if out:
        yield lang, match[2], title, out


def wordnet(lang, path, data):
    for line in data.splitlines():
        if line.startswith("  "):
            continue
        head, _, gloss = line.partition(" | ")
        fields = head.split()
        words = [fields[4 + 2 * i].replace("_", " ") for i in range(int(fields[3], 16))]
        if len(gloss) > 25:
            yield lang, f"{path}/{fields[0]}", words[0], [(", ".join(words[:3]), f"{', '.join(words[:4])}: {squeeze(gloss)}")]


def dictd(lang, path, data):
    """`data` is the index, whose numbers are in base 64, and the text joined by collect.py with a form feed."""
    index, text = data.split("\f", 1)
    raw = text.encode()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    def number(digits):
        value = 0
        for digit in digits:
            value = value * 64 + alphabet.index(digit)
        return value

    seen = set()
    for line in index.splitlines():
        parts = line.split("\t")
        if len(parts) < 3 or parts[0].startswith("00") or parts[1] in seen:
            continue
        seen.add(parts[1])
        entry = squeeze(raw[number(parts[1]):number(parts[1]) + number(parts[2])].decode(errors="ignore"))
        if len(entry) > 60:
            yield lang, f"{path}/{parts[0]}", parts[0], [(parts[0], entry)]

FENCE = re.compile(r"^\s*(```|~~~)")


def raw_markdown(lang, path, data):
    """Sections of a page as they are written: bullets, backticks and code blocks stay."""
    title = re.search(r'\A---.*?^title:\s*["\']?(.+?)["\']?\s*$.*?^---', data, re.M | re.S)
    data = re.sub(r"\A---.*?\n---[^\n]*\n", "", data, flags=re.S)
    data = re.sub(r"\{/\*.*?\*/\}|<!--.*?-->|<a [^>]*>\s*</a>", "", data, flags=re.S)
    if path.endswith(".mdx"):
        data = re.sub(r"\A\s*(?:(?:import|export) .*\n+)+", "", data)
    heading, body, sections, fenced = "", [], [], False
    for line in data.split("\n"):
        fenced ^= bool(FENCE.match(line))
        if not fenced and re.match(r"#{1,5} ", line):
            sections.append((heading, body))
            heading, body = re.sub(r"\s*\{.*?\}\s*$|^#+ |[*`\[\]]|\]\([^)]*\)|<[^>]+>", "", line).strip(), []
        else:
            body.append(line.rstrip()[:400])
    sections.append((heading, body))
    first = next((h for h, _ in sections if h), "")
    title = squeeze(title[1]) if title else first or PurePosixPath(path).stem
    out = []
    for heading, body in sections:
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(body)).strip()
        while len(text) > 25 and len(heading) < 160:
            cut = len(text) if len(text) < 1800 else max(text.rfind("\n\n", 400, 1500), 0) or text.rfind("\n", 400, 1500)
            cut = cut if cut > 0 else 1500
            out.append((heading or title, text[:cut].rstrip()))
            text = text[cut:].strip()
    if out:
        yield lang, path, title, out


def rst(lang, path, data):
    """reStructuredText, turned into headed sections by its underlined titles, otherwise as written."""
    data = re.sub(r"^\.\. (?:_|index|versionadded|versionchanged|toctree|raw).*(?:\n[ \t]+.*)*", "", data, flags=re.M)
    data = re.sub(r"^(\S.{2,120})\n([=\-~.^'\"*+#])\2{3,}$", lambda m: f"## {m[1]}\n", data, flags=re.M)
    yield from raw_markdown(lang, path, re.sub(r":[\w:+-]+:`~?([^`<]*?)(?: *<[^>]*>)?`", r"`\1`", data))


def cheat(lang, path, data):
    """Cheat sheets of shell commands: a comment that says what the next lines do."""
    data, name = re.sub(r"\A---.*?\n---\n", "", data, flags=re.S), PurePosixPath(path).name
    out = []
    for comment, command in re.findall(r"^((?:#+ ?\S.*\n)+)((?:[^#\n].*\n?)+)", data, re.M):
        comment = squeeze(re.sub(r"^#+ ?", "", comment, flags=re.M)).rstrip(":.")
        if 8 < len(comment) < 160 and len(command) < 800:
            out.append((comment, command.strip()))
    if out:
        yield lang, path, name, out


def chatterbot(lang, path, data):
    out, asked = [], None
    for line in data.splitlines():
        if line.startswith("- - "):
            asked = line[4:].strip(" '\"")
        elif line.startswith("  - ") and asked:
            out.append((asked, line[4:].strip(" '\"")))
    if out:
        yield lang, path, PurePosixPath(path).stem, [(a, x) for a, x in out if len(x) > 12]


def python_code(lang, path, data):
    """Functions without their docstring; its first sentence is the heading."""
    import ast
    import warnings
    warnings.simplefilter("ignore")
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError):
        return
    lines, out = data.split("\n"), []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            doc = ast.get_docstring(node)
            if not doc or len(node.body) < 2:
                continue
            about = squeeze(re.split(r"\n\s*\n|>>>", doc)[0])
            about = re.split(r"(?<=[.])\s", about)[0].rstrip(".")
            code = "\n".join(lines[node.lineno - 1:node.body[0].lineno - 1] + lines[node.body[1].lineno - 1:node.end_lineno])
            if 12 < len(about) < 200 and 40 < len(code) < 2500:
                out.append((about, code[:1500]))
    if out:
        yield lang, path, PurePosixPath(path).stem, out


def manpage(lang, path, data):
    """troff manual pages: sections of plain text; the heading of the first is what the NAME section says."""
    match = re.search(r"man/(?:([\w.]+)/)?man(\d)/(.+?)\.\d\w*(?:\.gz)?$", path)
    lang = LANGS.get((match[1] or "en").split(".")[0]) if match else None
    if not lang or data.startswith(".so"):
        return
    data = re.sub(r"^\.?'?\\\".*$", "", data, flags=re.M)
    data = re.sub(r"\\f[BIRPC]|\\f\(..|\\f\[\w*\]|\\[&/,|^:%]|\\s[-+]?\d", "", data)
    data = re.sub(r"\\\*?\[?\(?(?:aq|cq|dq|lq|rq|oq)\]?", "'", data).replace("\\-", "-").replace("\\(bu", "*").replace("\\e", "\\")
    sections = re.split(r'^\.S[Hh] +"?(.+?)"?\s*$', data, flags=re.M)
    about, out = "", []
    for heading, body in zip(sections[1::2], sections[2::2]):
        body = re.sub(r"^\.(?:B|I|BR|BI|IR|RB|IB|RI|SM|Nm|Fl|Ar|Pa|Cm|Nd) ?", "", body, flags=re.M)
        body = re.sub(r"^\.(?:TP|IP|PP|P|LP|sp|It).*$", "\n", body, flags=re.M)
        body = re.sub(r"^\.[\w\\].*$", "", body, flags=re.M).replace('"', "")
        if not about:
            about = squeeze(body)[:150]
            continue
        for block in re.split(r"\n\s*\n\s*", body):
            block = squeeze(block)
            if len(block) > 40:
                out.append((f"{match[3]} {heading.lower()}" if len(out) else about, block[:1500]))
    if out:
        yield lang, f"man{match[2]}/{match[3]}", match[3], out[:40]


def pubmedqa(lang, path, data):
    for key, record in json.loads(data).items():
        yield lang, key, "", [(record["QUESTION"], squeeze(" ".join(record["CONTEXTS"])))]



READERS = {f.__name__: f for f in (wikiextractor, plain_pages, squad, qed, factbook, tldr, php, po, mallard, wordnet, dictd, raw_markdown, rst, cheat,
                                   chatterbot, python_code, manpage, pubmedqa)} | {"html": html_sections}
