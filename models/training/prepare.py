"""Stage `prepare`: tokenise the passages, make the queries, write compact shards.

    python prepare.py --passages DIR --tokenizer DIR --mirror DIR --out DIR

A shard (`part-K.npz`) holds whole documents: tokens and the lengths of passages, headings and titles, the document, language and
source of each passage. `queries.npz` holds the query tokens, the passage each asks for, its kind and what to keep out of its negatives.
"""
import argparse
import glob
import json
import os
import random
import re

import numpy as np
from tokenizers import Tokenizer

import queries as make
from collect import git_files
from readers import squeeze
from sources import SOURCES

LANGUAGES = ["en", "zh", "zht", "de", "fr", "es", "ja", "ko", "ru", "pt"]
PARTS = 3
# Share of the documents kept, for the sources that would crowd out the others.
KEEP = {"enwiki-core": 0.62, "enwiki-pages": 0.62, "enwiki-wide": 0.8, "classical-modern": 0.6, "laws": 0.6, "kowiki": 0.65}
# Queries drawn per passage, by source; others draw one.
DRAWS = {"enwiki-core": 1.0, "enwiki-pages": 1.0, "enwiki-wide": 1.0, "zhwiki": 1.0, "zhwiki-core": 6, "kowiki": 0.8, "jaquad": 4, "jsquad-test": 6,
         "drcd-dev": 12, "cmrc-trial": 12, "qed-train": 3, "classical-modern": 0.5, "laws": 0.5, "wordnet-base": 0.6, "dict-gcide": 0.6,
         "factbook": 0.6, "medquad": 0.5, "openstax-psychology": 5, "openstax-us-history": 5}
ENCYCLOPAEDIC = re.compile(r"wiki|jaquad|jsquad|drcd|cmrc|qed|openstax|classical|laws")
PARALLEL = re.compile(r"^(php|python-docs|libreoffice-help|gimp-help|gnome-user-docs|debian-handbook|installation-guide|debian-reference|tldr|hf-course)")
# Kinds of query; XL_ONLY comes with the same text in other languages as negatives, under a language instruction.
REAL, QUESTION, KEYWORDS, SPAN, TITLE, ABOUT, XL_ANY, XL_ONLY = range(8)
# What the negatives must not contain besides the passage itself: nothing, its section, its document.
ALONE, SECTION, DOCUMENT = range(3)


def read_passages(folder):
    rng, documents = random.Random(1), {}
    for path in sorted(glob.glob(f"{folder}/*.jsonl")):
        for line in open(path):
            record = json.loads(line)
            documents.setdefault((record["s"], record["l"], record["d"]), []).append(record)
    keys = [k for k in sorted(documents) if rng.random() < KEEP.get(k[0], 1)]
    rng.shuffle(keys)
    return [documents[k] for k in keys]


def real_questions(mirror, records):
    """(question, passage id) of the question sets, for passages that were kept."""
    where = {}
    for i, record in enumerate(records):
        if re.match("jaquad|jsquad|drcd|cmrc|qed", record["s"]):
            where[record["x"]] = i
    for source in SOURCES:
        if source.reader == "squad":
            for _, data in git_files(mirror, source):
                for article in json.loads(data)["data"]:
                    for paragraph in article["paragraphs"]:
                        i = where.get(squeeze(paragraph["context"])[:4000])
                        if i is not None:
                            yield from ((qa["question"], i) for qa in paragraph["qas"])
        elif source.reader == "qed":
            for _, data in git_files(mirror, source):
                for line in data.splitlines():
                    record = json.loads(line)
                    i = where.get(squeeze(record["paragraph_text"])[:4000])
                    if i is not None:
                        yield record["question_text"], i


def synthetic(rng, record, i):
    """One query about a passage: (text, passage, kind, what to exclude)."""
    lang, title = record["l"], make.clean_title(record["t"])
    encyclopaedic = ENCYCLOPAEDIC.search(record["s"])
    pick = rng.random()
    if record["s"] in ("medquad", "tldr") and pick < 0.7:
        return record["h"], i, REAL, SECTION
    if record["s"] == "wordnet-base":
        words, _, gloss = record["x"].partition(": ")
        text = rng.choice((rng.choice(make.ABOUT["en"]).format(record["t"]), gloss.split("; ")[0]))
        return text, i, ABOUT, ALONE
    if pick < (0.16 if encyclopaedic else 0.6):
        if not record["h"] or (encyclopaedic and rng.random() < 0.4):
            return rng.choice(make.ABOUT[lang]).format(title), i, TITLE, DOCUMENT
        return make.about(rng, title, record["h"], lang), i, ABOUT, SECTION
    choices = make.sentences(record["x"])
    if not choices:
        return None
    sentence = rng.choice(choices)
    pick = rng.random()
    if pick < 0.65:
        return make.question(rng, sentence, title, lang), i, QUESTION, ALONE
    if pick < 0.87:
        return make.keywords(rng, sentence, title, lang), i, KEYWORDS, ALONE
    return make.span(rng, sentence, lang), i, SPAN, ALONE


def cross_lingual(rng, records, starts):
    """Queries in one language for the same page in another."""
    groups = {}
    for i in starts:
        record = records[i]
        match = PARALLEL.match(record["s"])
        if match:
            groups.setdefault((match[1], record["d"]), {})[record["l"]] = i
    for languages in groups.values():
        if len(languages) < 2:
            continue
        for _ in range(min(len(languages), 4)):
            asked, wanted = rng.choice(sorted(languages)), rng.choice(sorted(languages))
            record, gold = records[languages[asked]], languages[wanted]
            text = make.about(rng, record["t"], record["h"], asked)
            if rng.random() < 0.3:
                text = (make.sentences(record["x"]) or [text])[0][:200]
            others = [i for l, i in languages.items() if l not in (wanted, asked if asked == wanted else wanted)]
            if asked == wanted or (others and rng.random() < 0.5):
                yield text, gold, XL_ONLY, DOCUMENT, rng.sample(others, min(3, len(others)))
            else:
                yield text, gold, XL_ANY, DOCUMENT, []


def flat(token_lists):
    lengths = np.array([len(t) for t in token_lists], np.uint16)
    return np.concatenate([np.array(t, np.uint16) for t in token_lists]), lengths


def encode(tokenizer, texts, limit):
    out = []
    for start in range(0, len(texts), 20000):
        out += [e.ids[:limit] for e in tokenizer.encode_batch_fast(texts[start:start + 20000], add_special_tokens=False)]
    return out


def main():
    parser = argparse.ArgumentParser()
    for name in ("passages", "tokenizer", "mirror", "out"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    tokenizer = Tokenizer.from_file(f"{args.tokenizer}/tokenizer.json")
    documents = read_passages(args.passages)
    sources = sorted({d[0]["s"] for d in documents})
    records = [r for d in documents for r in d]
    starts = np.cumsum([0] + [len(d) for d in documents[:-1]])
    print(len(records), "passages in", len(documents), "documents", flush=True)

    rng, asked = random.Random(2), []
    for text, i in real_questions(args.mirror, records):
        asked.append((text, i, REAL, ALONE, []))
    for i, record in enumerate(records):
        draws = DRAWS.get(record["s"], 1)
        for _ in range(int(draws) + (rng.random() < draws % 1)):
            query = synthetic(rng, record, i)
            if query and query[0] and query[0].strip():
                asked.append((*query, []))
    asked += cross_lingual(rng, records, starts)
    rng.shuffle(asked)
    tokens, lengths = flat(encode(tokenizer, [f" {squeeze(a[0])}\n" for a in asked], 64))
    extra, extra_lengths = np.array([e for a in asked for e in a[4]], np.uint32), np.array([len(a[4]) for a in asked], np.uint8)
    np.savez(f"{args.out}/queries.npz", tokens=tokens, lengths=lengths, gold=np.array([a[1] for a in asked], np.uint32),
             kind=np.array([a[2] for a in asked], np.uint8), exclude=np.array([a[3] for a in asked], np.uint8), extra=extra, extra_lengths=extra_lengths)
    kinds = np.bincount([a[2] for a in asked])
    print(len(asked), "queries by kind", kinds.tolist(), len(tokens), "tokens", flush=True)
    with open(f"{args.out}/queries.sample.txt", "w") as sample:
        for a in asked[:3000]:
            sample.write(f"{a[2]}\t{records[a[1]]['l']}\t{a[0]}\t{records[a[1]]['t']}\t{records[a[1]]['x'][:160]}\n")

    bounds = np.linspace(0, len(documents), PARTS + 1).astype(int)
    for part in range(PARTS):
        chunk = documents[bounds[part]:bounds[part + 1]]
        passages = [r for d in chunk for r in d]
        text, text_lengths = flat(encode(tokenizer, [" " + r["x"] for r in passages], 1800))
        heading, heading_lengths = flat(encode(tokenizer, [" " + r["h"] if r["h"] else "" for r in passages], 40))
        title, title_lengths = flat(encode(tokenizer, [" " + d[0]["t"] for d in chunk], 40))
        np.savez(f"{args.out}/part-{part}.npz", text=text, text_lengths=text_lengths, heading=heading, heading_lengths=heading_lengths,
                 title=title, title_lengths=title_lengths, sizes=np.array([len(d) for d in chunk], np.uint16),
                 language=np.array([LANGUAGES.index(d[0]["l"]) for d in chunk], np.uint8),
                 source=np.array([sources.index(d[0]["s"]) for d in chunk], np.uint8))
        print(f"part {part}: {len(passages)} passages, {len(text) / 1e6:.1f} M tokens", flush=True)
    json.dump(dict(languages=LANGUAGES, sources=sources, parts=PARTS), open(f"{args.out}/meta.json", "w"))


if __name__ == "__main__":
    main()
