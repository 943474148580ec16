"""Stage `tokenizer`: train the byte-level BPE tokenizer.

    python tokenizer.py --passages DIR --out DIR
"""
import argparse
import glob
import json
import os
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

VOCABULARY = 32768
ADDED = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"]
# The Qwen2 pre-tokenizer.
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
# Characters of each language in the training sample, in millions.
SAMPLE = dict(en=24, zh=9, zht=2, ja=5, ko=4, de=5, fr=5, es=5, ru=5, pt=4)
CONFIG = {"bos_token": None, "clean_up_tokenization_spaces": False, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
          "model_max_length": 8192, "tokenizer_class": "Qwen2Tokenizer", "unk_token": None}


def sample(folder):
    by_language = {}
    for path in sorted(glob.glob(f"{folder}/*.jsonl")):
        for line in open(path):
            record = json.loads(line)
            by_language.setdefault(record["l"], []).append(f"{record['t']}\n{record['x']}")
    rng = random.Random(0)
    for lang, texts in sorted(by_language.items()):
        rng.shuffle(texts)
        left = SAMPLE[lang] * 1e6
        for text in texts:
            yield text
            left -= len(text)
            if left < 0:
                break


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--passages", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY - len(ADDED), initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
                                  show_progress=False, max_token_length=24)
    tokenizer.train_from_iterator(["yes", "no"] * 5000 + list(sample(args.passages)), trainer)
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ADDED])
    assert tokenizer.get_vocab_size() <= VOCABULARY
    assert all(len(tokenizer.encode(word).ids) == 1 for word in ("yes", "no"))
    tokenizer.save(f"{args.out}/tokenizer.json")
    added = {str(tokenizer.token_to_id(t)): dict(content=t, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
             for t in ADDED}
    json.dump({"added_tokens_decoder": added, **CONFIG}, open(f"{args.out}/tokenizer_config.json", "w"), indent=2)
    print(tokenizer.get_vocab_size(), "tokens")


if __name__ == "__main__":
    main()
