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
    Source("enwiki-core", "git", "JohanMadsen/02807_Project", "wikiextractor", WIKI, "en", r"^Data/Dataset1/", limit=190),
    Source("enwiki-pages", "git", "chinapedia/wikipedia.abstract.en", "plain_pages", WIKI, "en", r"^Page/", limit=90),
    Source("enwiki-wide", "git", "ZhouYii/PatchedDistro", "wikiextractor", WIKI, "en", r"^data/A[A-I]/", limit=60),
    Source("zhwiki", "git", "overweightbarracuda/science_fair2324", "wikiextractor", WIKI, "zh", r"^text/A[AB]/"),
    Source("zhwiki-core", "git", "enix223/nlp-course", "wikiextractor", WIKI, "zh", r"^data/zhwiki/"),
    Source("kowiki", "git", "97danielj/WordEmbedding", "wikiextractor", WIKI, "ko", r"^text/A[A-F]/", limit=70),
    Source("jaquad", "git", "SkelterLabsInc/JaQuAD", "squad", "CC BY-SA 3.0", "ja", r"^data/(train|dev)/.*\.json$"),
    Source("jsquad-test", "git", "yahoojapan/JGLUE", "squad", "CC BY-SA 4.0", "ja", r"^datasets/jsquad-v1.3/test-v1.3.json$"),
    Source("drcd-dev", "git", "DRCKnowledgeTeam/DRCD", "squad", "CC BY-SA 3.0", "zht", r"^DRCD_dev\.json$"),
    Source("cmrc-trial", "git", "ymcui/cmrc2018", "squad", "CC BY-SA 4.0", "zh", r"^squad-style-data/cmrc2018_trial\.json$"),
    Source("qed-train", "git", "google-research-datasets/QED", "qed", "CC BY-SA 3.0", "en", r"^nq-train-.*\.jsonlines$", "71e19e0"),
    Source("medquad", "git", "abachaa/MedQuAD", "medquad", "CC BY 4.0", "en", r"^\d+_.*\.xml$"),
    Source("factbook", "git", "factbook/factbook.json", "factbook", "public domain", "en", r"^(?!meta).*/.*\.json$", limit=12),
    Source("openstax-psychology", "git", "openstax/osbooks-psychology", "cnxml", "CC BY 4.0", "en", r"^modules/.*\.cnxml$"),
    Source("openstax-us-history", "git", "openstax/osbooks-us-history", "cnxml", "CC BY 4.0", "en", r"^modules/.*\.cnxml$"),
    Source("classical-modern", "git", "NiuTrans/Classical-Modern", "classical", "MIT", "zh", r"target\.txt$", limit=35),
    Source("laws", "git", "LawRefBook/Laws", "markdown", "public domain (statutes)", "zh", r"\.md$", limit=10),
    Source("pingcap-cn", "git", "pingcap/docs-cn", "markdown", "CC BY-SA 3.0", "zh", r"\.md$", limit=10),
    Source("oi-wiki", "git", "OI-wiki/OI-wiki", "markdown", "CC BY-SA 4.0", "zh", r"^docs/.*\.md$"),
    Source("paddle-docs", "git", "PaddlePaddle/docs", "markdown", "Apache-2.0", "zh", r"^docs/.*_cn\.(rst|md)$", limit=6),
    Source("tldr", "git", "tldr-pages/tldr", "tldr", "CC BY 4.0", "", r"^pages.*\.md$"),
    Source("react-zh", "git", "reactjs/zh-hans.react.dev", "markdown", "CC BY 4.0", "zh", r"^src/content/.*\.md$"),
    Source("mdn-de", "git", "mdn/translated-content-de", "markdown", "CC BY-SA 2.5", "de", r"^files/de/.*\.md$", limit=14),
    Source("hf-course", "git", "huggingface/course", "hf_course", "Apache-2.0", "", r"^chapters(en|de|fr|es|ja|ko|ru|pt|zh-CN)/.*\.mdx$"),
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
