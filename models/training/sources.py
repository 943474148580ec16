"""Every source of the training data: where it comes from, its licence, and which reader turns it into passages.

A `git` source is a public GitHub repository (`owner/name`), a `deb` source a Debian 12 package.
`pattern` selects files by path; `limit` caps the megabytes of text kept; `lang` fixes the language or lets the reader decide.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    name: str
    kind: str          # git | deb
    origin: str        # owner/name or package name
    reader: str        # a function of readers.py
    licence: str
    lang: str = ""
    pattern: str = ""
    ref: str = "HEAD"
    limit: float = 1e9


def _deb(names, reader, licence, lang="", limit=1e9):
    return [Source(n, "deb", n, reader, licence, lang, limit=limit) for n in names]


WIKI = "CC BY-SA 3.0"
SOURCES = [
    Source("enwiki-core", "git", "JohanMadsen/02807_Project", "wikiextractor", WIKI, "en", r"^Data/Dataset1/", limit=52),
    Source("enwiki-pages", "git", "chinapedia/wikipedia.abstract.en", "plain_pages", WIKI, "en", r"^Page/", limit=26),
    Source("enwiki-wide", "git", "ZhouYii/PatchedDistro", "wikiextractor", WIKI, "en", r"^data/A[A-I]/", limit=25),
    Source("zhwiki", "git", "overweightbarracuda/science_fair2324", "wikiextractor", WIKI, "zh", r"^(text/)?A[AB]/", limit=60),
    Source("zhwiki-core", "git", "enix223/nlp-course", "wikiextractor", WIKI, "zh", r"^data/zhwiki/"),
    Source("kowiki", "git", "97danielj/WordEmbedding", "wikiextractor", WIKI, "ko", r"^text/A[A-F]/", limit=26),
    Source("jaquad", "git", "SkelterLabsInc/JaQuAD", "squad", "CC BY-SA 3.0", "ja", r"^data/(train|dev)/.*\.json$"),
    Source("jsquad-test", "git", "yahoojapan/JGLUE", "squad", "CC BY-SA 4.0", "ja", r"^datasets/jsquad-v1.3/test-v1.3.json$"),
    Source("drcd-dev", "git", "DRCKnowledgeTeam/DRCD", "squad", "CC BY-SA 3.0", "zht", r"^DRCD_dev\.json$"),
    Source("cmrc-trial", "git", "ymcui/cmrc2018", "squad", "CC BY-SA 4.0", "zh", r"^squad-style-data/cmrc2018_trial\.json$"),
    Source("qed-train", "git", "google-research-datasets/QED", "qed", "CC BY-SA 3.0", "en", r"^nq-train-.*\.jsonlines$", "71e19e0"),
    Source("pubmedqa", "git", "pubmedqa/pubmedqa", "pubmedqa", "MIT", "en", r"^data/ori_pqal\.json$"),
    Source("factbook", "git", "factbook/factbook.json", "factbook", "CC0 1.0", "en", r"^(?!meta).*/.*\.json$", limit=12),
] + [
    Source(f"php-{l}", "git", f"php/doc-{r}", "php", "CC BY 3.0", l, r"\.xml$", limit=9)
    for l, r in dict(en="en", zh="zh", ja="ja", fr="fr", de="de", es="es", ru="ru", pt="pt_br").items()
] + [
    Source(f"python-docs-{l}", "git", f"python/python-docs-{r}", "po", "PSF-2.0", l, r"^(library|tutorial|howto|faq|reference)[/.].*\.po$", v, limit=6)
    for l, r, v in (("zh", "zh-cn", "3.12"), ("ja", "ja", "3.11"), ("ko", "ko", "3.13"), ("fr", "fr", "3.12"), ("es", "es", "3.12"), ("pt", "pt-br", "3.12"))
] + _deb([f"libreoffice-help-{l}" for l in "en-us zh-cn zh-tw de fr es ja ko ru pt-br".split()], "html", "MPL-2.0", limit=6) \
  + _deb([f"gimp-help-{l}" for l in "en de fr es ko ru".split()], "html", "GFDL-1.2+", limit=3) \
  + _deb(["gnome-user-docs"], "mallard", "CC BY-SA 3.0", limit=20) \
  + _deb(["debian-handbook"], "html", "GPL-2+ / CC BY-SA 3.0", limit=12) \
  + _deb(["installation-guide-amd64"], "html", "GPL-2+", limit=10) \
  + _deb([f"debian-reference-{l}" for l in "en zh-cn ja de fr".split()], "html", "GPL-2+", limit=2) \
  + _deb(["git-doc"], "html", "GPL-2", "en", 5) + _deb(["postgresql-doc-15"], "html", "PostgreSQL", "en", 6) \
  + _deb(["python3.11-doc"], "html", "PSF-2.0", "en", 8) + _deb(["nodejs-doc"], "html", "MIT", "en", 4) \
  + _deb(["wordnet-base"], "wordnet", "WordNet (BSD style)", "en") \
  + _deb(["dict-gcide"], "dictd", "GPL-3+", "en", 12) + _deb(["dict-foldoc"], "dictd", "GFDL-1.2+", "en")

# Documentation in Markdown, kept as it is written; `(?P<lang>...)` in a pattern finds the language in the path, and pages that differ in
# nothing else are translations of each other.
CODES = r"(?P<lang>en|zh|zh-cn|ja|ko|fr|es|ru|pt|pt-br|de)"
MARKDOWN = [
    ("react", "reactjs/react.dev", "CC BY 4.0", "en", r"^src/content/.*\.md$", 4),
    *((f"react-{l}", f"reactjs/{r}.react.dev", "CC BY 4.0", l, r"^src/content/(?!blog).*\.md$", 3)
      for l, r in dict(zh="zh-hans", ja="ja", ko="ko", fr="fr", es="es", pt="pt-br", ru="ru").items()),
    ("vue", "vuejs/docs", "CC BY 4.0", "en", r"^src/(guide|api|style-guide|about|tutorial).*\.md$", 3),
    *((f"vue-{l}", f"vuejs-translations/docs-{r}", "CC BY 4.0", l, r"^src/(guide|api|style-guide|about|tutorial).*\.md$", 3)
      for l, r in dict(zh="zh-cn", ja="ja", ko="ko", fr="fr").items()),
    ("fastapi", "fastapi/fastapi", "MIT", "", rf"^docs/{CODES}/docs/(?!release-notes|_|fastapi-people|external-links|contributing).*\.md$", 16),
    ("astro", "withastro/docs", "MIT", "", rf"^src/content/docs/{CODES}/.*\.mdx?$", 18),
    ("nodebest", "goldbergyoni/nodebestpractices", "CC BY-SA 4.0", "en", r"^sections/[^.]*\.md$", 2),
    ("learnx", "adambard/learnxinyminutes-docs", "CC BY-SA 3.0", "", rf"^(?:{CODES}/)?[\w.+-]+\.md$", 7),
    ("golang-book", "astaxie/build-web-application-with-golang", "BSD-3-Clause / CC BY-SA 3.0", "", rf"^{CODES}/[^/]*\.md$", 5),
    ("system-design", "donnemartin/system-design-primer", "CC BY 4.0", "en", r"^(README|solutions/.*)\.md$", 2),
    ("git-flight-rules", "k88hudson/git-flight-rules", "CC BY-SA 4.0", "", r"^README(?:_(?P<lang>zh-CN|zh-TW|ja|kr|ru|fr|es|pt-BR|de))?\.md$", 3),
    ("art-of-command-line", "jlevy/the-art-of-command-line", "CC BY-SA 4.0", "", r"^README(?:-(?P<lang>zh|zh-Hant|ja|ko|ru|fr|es|pt|de))?\.md$", 2),
    ("javaguide", "Snailclimb/JavaGuide", "Apache-2.0", "zh", r"^docs/.*\.md$", 8),
    ("linux-command-zh", "jaywcjlove/linux-command", "MIT", "zh", r"^command/.*\.md$", 4),
    ("reference-zh", "jaywcjlove/reference", "MIT", "zh", r"^docs/.*\.md$", 5),
    ("howtocook", "Anduin2017/HowToCook", "Unlicense", "zh", r"^(dishes|tips)/.*\.md$", 3),
    ("advanced-java", "doocs/advanced-java", "CC BY-SA 4.0", "zh", r"^docs/.*\.md$", 3),
    ("fe-interview", "haizlin/fe-interview", "MIT", "zh", r"^(category|resource/md)/.*\.md$", 2),
    ("pingcap-cn", "pingcap/docs-cn", "CC BY-SA 3.0", "zh", r"^[^_].*\.md$", 7),
    ("oi-wiki", "OI-wiki/OI-wiki", "CC BY-SA 4.0", "zh", r"^docs/.*\.md$", 5),
    ("ant-design", "ant-design/ant-design", "MIT", "", r"^(?:docs|components)/.*\.(?P<lang>en-US|zh-CN)\.md$", 5),
    ("element", "ElemeFE/element", "MIT", "", r"^examples/docs/(?P<lang>en-US|zh-CN|es|fr-FR)/.*\.md$", 4),
    ("mdn-de", "mdn/translated-content-de", "CC BY-SA 2.5", "de", r"^files/de/.*\.md$", 12),
    ("hf-course", "huggingface/course", "Apache-2.0", "", r"^chapters/(?P<lang>en|de|fr|es|ja|ko|ru|pt|zh-CN)/.*\.mdx$", 8),
    ("powershell", "MicrosoftDocs/PowerShell-Docs", "CC BY 4.0", "en", r"^reference/(7\.5|docs-conceptual)/.*\.md$", 9),
    ("snippets-30", "30-seconds/30-seconds-of-code", "CC0 1.0", "en", r"^(content/)?snippets/.*\.md$", 4),
    ("redis", "redis/redis-doc", "CC BY-SA 4.0", "en", r"\.md$", 4),
    ("devhints", "rstacruz/cheatsheets", "MIT", "en", r"^[^/]*\.md$", 3),
    ("bash-bible", "dylanaraps/pure-bash-bible", "MIT", "en", r"^README\.md$", 1),
    ("python-cheatsheet", "wilfredinni/python-cheatsheet", "MIT", "en", r"^docs/.*\.md$", 2),
    ("react-interview", "sudheerj/reactjs-interview-questions", "MIT", "en", r"^README\.md$", 1),
    ("front-end-interview", "yangshun/front-end-interview-handbook", "MIT", "", r"^packages/quiz/.*/(?P<lang>en-US|zh-CN|es-ES|pt-BR|ja-JP|ko-KR|fr-FR|ru-RU|de-DE)\.mdx$", 4),
    ("nestjs", "nestjs/docs.nestjs.com", "MIT", "en", r"^content/.*\.md$", 3),
    ("webpack", "webpack/webpack.js.org", "CC BY 4.0", "en", r"^src/content/.*\.mdx?$", 4),
    ("eslint", "eslint/eslint", "MIT", "en", r"^docs/src/.*\.md$", 4),
    ("jest", "jestjs/jest", "MIT", "en", r"^docs/.*\.md$", 2),
    ("vite", "vitejs/vite", "MIT", "en", r"^(docs/(guide|config)/.*|packages/.*README)\.md$", 2),
    ("svelte", "sveltejs/svelte", "MIT", "en", r"^documentation/.*\.md$", 2),
    ("express", "expressjs/expressjs.com", "CC BY 4.0", "", r"^src/content/(?:docs|pages)/(?P<lang>en|de|fr|es|ja|ko|ru|pt-br|zh-cn)/(?!2x|3x).*\.mdx?$", 4),
    ("helm", "helm/helm-www", "MIT", "", r"^(?:docs|i18n/(?P<lang>zh|ja|ko|fr|es|ru|pt|de)/docusaurus-plugin-content-docs/current)/.*\.mdx?$", 6),
    ("golang", "golang/website", "BSD-3-Clause", "en", r"^_content/(doc|blog|ref|wiki).*\.md$", 5),
    ("electron", "electron/electron", "MIT", "en", r"^docs/.*\.md$", 4),
    ("typescript", "microsoft/TypeScript-Website", "CC BY 4.0", "en", r"^packages/(documentation|tsconfig-reference)/copy/en/.*\.md$", 4),
    ("rust-book", "rust-lang/book", "MIT OR Apache-2.0", "en", r"^src/.*\.md$", 2),
    ("rust-by-example", "rust-lang/rust-by-example", "MIT OR Apache-2.0", "en", r"^src/.*\.md$", 1),
    ("laravel", "laravel/docs", "MIT", "en", r"\.md$", 3),
    ("prometheus", "prometheus/docs", "Apache-2.0", "en", r"^(content|docs|blog-posts).*\.md$", 2),
    ("flux", "fluxcd/website", "Apache-2.0", "en", r"^content/en/.*\.md$", 3),
    ("18f-handbook", "18F/handbook", "CC0 1.0", "en", r"^(pages|_pages|content).*\.md$", 3),
    ("js-algorithms", "trekhleb/javascript-algorithms", "MIT", "", r"^src/.*/README(?:\.(?P<lang>zh-CN|ja-JP|ko-KR|fr-FR|es-ES|pt-BR|ru-RU|de-DE))?\.md$", 2),
    ("axios", "axios/axios", "MIT", "en", r"^README\.md$", 1),
    ("lodash", "lodash/lodash", "MIT", "en", r"^(doc/.*|README)\.md$", 1),
    ("date-fns", "date-fns/date-fns", "MIT", "en", r"^(docs/.*|README)\.md$", 1),
]
SOURCES += [Source(n, "git", o, "raw_markdown", c, l, p, limit=m) for n, o, c, l, p, m in MARKDOWN] + [
    Source("symfony", "git", "symfony/symfony-docs", "rst", "CC BY-SA 3.0", "en", r"\.rst$", limit=6),
    Source("sqlalchemy-docs", "git", "sqlalchemy/sqlalchemy", "rst", "MIT", "en", r"^doc/build/(core|orm|dialects|faq|tutorial)/.*\.rst$", limit=3),
    Source("cheatsheets", "git", "cheat/cheatsheets", "cheat", "CC0 1.0", "en", r"^[\w-]+$"),
    Source("cheat-sheets", "git", "chubin/cheat.sheets", "cheat", "MIT", "en", r"^sheets/"),
    Source("tldr", "git", "tldr-pages/tldr", "tldr", "CC BY 4.0", "", r"^pages.*\.md$"),
    Source("chatterbot", "git", "gunthercox/chatterbot-corpus", "chatterbot", "BSD-3-Clause", "en", r"/english/.*\.yml$"),
] + [
    Source(f"code-{o.split('/')[1].lower()}", "git", o, "python_code", c, "en", p, limit=5) for o, c, p in (
        ("numpy/numpy", "BSD-3-Clause", r"^numpy/(?!.*tests/).*\.py$"), ("networkx/networkx", "BSD-3-Clause", r"^networkx/(?!.*tests/).*\.py$"),
        ("psf/requests", "Apache-2.0", r"^src/.*\.py$"), ("tornadoweb/tornado", "Apache-2.0", r"^tornado/(?!test/).*\.py$"),
        ("sqlalchemy/sqlalchemy", "MIT", r"^lib/.*\.py$"), ("TheAlgorithms/Python", "MIT", r"\.py$"), ("fastapi/fastapi", "MIT", r"^fastapi/.*\.py$"))
] + _deb(["manpages", "manpages-zh", "manpages-de", "manpages-fr", "manpages-ja", "manpages-es", "manpages-ru", "manpages-pt-br", "git-man", "coreutils",
          "util-linux", "curl"], "manpage", "GPL-2+ / MIT / BSD / FDL, as in the package", limit=5)
