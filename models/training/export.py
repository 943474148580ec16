"""Stage `export`: a checkpoint as a Hugging Face folder (fp16), like any Qwen3ForCausalLM.

    python export.py --weights stage2.done.pt --tokenizer DIR --out DIR
"""
import argparse
import json
import os
import shutil

import torch
from safetensors.torch import save_file

from model import CONFIG


def main():
    parser = argparse.ArgumentParser()
    for name in ("weights", "tokenizer", "out"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    state = torch.load(args.weights, map_location="cpu")
    state = state.get("model", state)
    save_file({k: v.half().contiguous() for k, v in state.items()}, f"{args.out}/model.safetensors", metadata={"format": "pt"})
    config = dict(architectures=["Qwen3ForCausalLM"], model_type="qwen3", **CONFIG, attention_bias=False, hidden_act="silu",
                  tie_word_embeddings=True, torch_dtype="float16")
    json.dump(config, open(f"{args.out}/config.json", "w"), indent=2)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(f"{args.tokenizer}/{name}", args.out)


if __name__ == "__main__":
    main()
