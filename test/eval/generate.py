"""Writes reference.json: what ir-measures (trec_eval, and MS MARCO's script for RR@k) and scipy say about random runs.

    pip install ir-measures pytrec_eval-terrier scipy && python generate.py
"""
import json
import random
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import AP, P, R, RR, Success, nDCG
from scipy.stats import permutation_test

LEVEL_1 = {
    "nDCG@1": nDCG @ 1, "nDCG@10": nDCG @ 10, "nDCG": nDCG, "MRR@3": RR @ 3, "MRR@10": RR @ 10, "MRR": RR, "MAP": AP, "MAP@5": AP @ 5,
    "recall@5": R @ 5, "recall@100": R @ 100, "precision@1": P @ 1, "precision@10": P @ 10, "success@3": Success @ 3,
}
LEVEL_2 = {
    "nDCG@10": nDCG @ 10, "MRR@10": RR(rel=2) @ 10, "MRR": RR(rel=2), "MAP": AP(rel=2), "MAP@5": AP(rel=2) @ 5,
    "recall@5": R(rel=2) @ 5, "precision@10": P(rel=2) @ 10, "success@3": Success(rel=2) @ 3,
}
# Ids whose order differs between UTF-16 and characters, and between numbers and text.
NAMES = ["d1", "d2", "d10", "d9", "D1", "ä", "中文", "\ufffd", "\U0001f600", "\U0001f601x", "a b"[::2], "~", "_"] + [f"doc{i}" for i in range(30)]
rng = random.Random(7)


def make_case(ties, grades):
    qrels, run = {}, {}
    for q in range(25):
        query = f"q{q}"
        judged = rng.sample(NAMES, rng.randint(1, 20))
        qrels[query] = {d: rng.choice(grades) for d in judged}
        if q % 7 == 3:  # nothing relevant
            qrels[query] = {d: min(g, 0) for d, g in qrels[query].items()}
        if q % 6 == 5:  # missing in the run
            continue
        found = rng.sample(NAMES, rng.randint(1, 35))
        run[query] = {d: (rng.randint(0, 5) / 2 if ties else rng.uniform(-12, 12)) for d in found}
    run["unjudged"] = {"d1": 1.0}
    # Equal in 32 bits, not in 64.
    qrels["close"] = {"d1": 0, "d2": 1, "d9": 2}
    run["close"] = {"d1": 1.0 + 1e-12, "d2": 1.0 + 2e-12, "d9": 1.0}
    return qrels, run


def values(measures, qrels, run):
    names = {str(measure): name for name, measure in measures.items()}
    found = {name: {} for name in measures}
    for metric in ir_measures.iter_calc(list(measures.values()), qrels, run):
        found[names[str(metric.measure)]][metric.query_id] = metric.value
    means = {names[str(m)]: v for m, v in ir_measures.calc_aggregate(list(measures.values()), qrels, run).items()}
    return dict(means=means, values=found)


cases = []
for ties in (False, True):
    for grades in ([0, 0, 1], [0, 0, 1, 2, 3], [-2, -1, 0, 1, 2]):
        qrels, run = make_case(ties, grades)
        cases.append(dict(qrels=qrels, run=run, level1=values(LEVEL_1, qrels, run), level2=values(LEVEL_2, qrels, run)))

numbers = np.random.default_rng(3)
tests = []
for size, shift in ((6, 0.3), (12, 0.1), (12, 0.0), (60, 0.05), (200, 0.02)):
    a = np.round(numbers.uniform(0, 1, size), 3)
    b = np.round(np.clip(a + numbers.normal(shift, 0.15, size), 0, 1), 3)
    found = permutation_test((a, b), lambda x, y: np.mean(x) - np.mean(y), permutation_type="samples", n_resamples=500_000, batch=10_000, vectorized=False if size < 14 else None, rng=1) if size < 14 else None
    if found is None:
        d = b - a
        sums = np.abs((numbers.integers(0, 2, (400_000, size), dtype=np.int8) * 2 - 1) @ d)
        p, exact = float((sums >= abs(d.sum()) - 1e-12).mean()), False
    else:
        p, exact = float(found.pvalue), True
    tests.append(dict(a=a.tolist(), b=b.tolist(), p=p, exact=exact))

Path(__file__).with_name("reference.json").write_text(json.dumps(dict(cases=cases, tests=tests), ensure_ascii=False, separators=(",", ":")) + "\n")
