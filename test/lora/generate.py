"""Writes adapters/ and scores.json with PEFT: see README.md."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / 'golden'))

import seeded  # noqa: E402
from generate import CLS, TRAINED_MODEL, LM, spec  # noqa: E402
from prompts import Prompts  # noqa: E402
from reference import Reference  # noqa: E402

BASES = {
    'lm': spec(21, 'F32', 48, 2, 2, 1, 32, 72, True, 1, LM, 'new', 1e6, 1e-6, 2048),
    'lm-untied': spec(22, 'BF16', 64, 3, 4, 2, 32, 80, False, 2, LM, 'old', 1e6, 1e-6, 2048),
    'classifier': spec(23, 'F16', 48, 2, 4, 2, 32, 72, False, 1, CLS, 'new', 1e5, 1e-6, 2048),
}
ATTENTION = ['q_proj', 'k_proj', 'v_proj', 'o_proj']

# What an adapter is trained on, whether as a classifier, the type it is saved in, and its config.
ADAPTERS = {
    'query-value': ('lm', False, torch.bfloat16, {'r': 4, 'lora_alpha': 8, 'target_modules': ['q_proj', 'v_proj']}),
    'patterns': (
        'lm',
        False,
        torch.float32,
        {
            'r': 3,
            'lora_alpha': 5,
            'target_modules': 'all-linear',
            'rank_pattern': {'o_proj': 1, 'layers.1.mlp.down_proj': 6, r'.*\.0\.mlp\.(gate|up)_proj': 2},
            'alpha_pattern': {r'self_attn\.[qk]_proj': 9, 'model.layers.1.mlp.down_proj': 2},
        },
    ),
    'rank-stabilised': (
        'lm',
        False,
        torch.float16,
        {
            'r': 9,
            'lora_alpha': 4,
            'use_rslora': True,
            'target_modules': r'model\.layers\.\d+\.(?:self_attn\.(?:v|o)|mlp\.down)_proj',
        },
    ),
    'some-layers': (
        'lm-untied',
        False,
        torch.float32,
        {
            'r': 2,
            'lora_alpha': 6,
            'target_modules': [*ATTENTION, 'up_proj', 'model.layers.1.mlp.gate_proj'],
            'exclude_modules': ['layers.2.self_attn.k_proj'],
            'layers_to_transform': [0, 2],
            'layers_pattern': 'layers',
        },
    ),
    'saved-modules': (
        'lm-untied',
        False,
        torch.float32,
        {'r': 2, 'lora_alpha': 4, 'target_modules': ['gate_proj'], 'modules_to_save': ['model.norm', 'q_norm', 'up_proj']},
    ),
    'new-head': (
        'classifier',
        True,
        torch.float32,
        {'r': 4, 'lora_alpha': 4, 'target_modules': 'all-linear', 'task_type': 'SEQ_CLS'},
    ),
    'head-for-lm': (
        'lm',
        True,
        torch.bfloat16,
        {'r': 2, 'lora_alpha': 4, 'target_modules': ['q_proj', 'down_proj'], 'task_type': 'SEQ_CLS'},
    ),
}  # fmt: skip

# Base, and adapters with their scales.
CASES = [
    ('lm', []),
    ('lm-untied', []),
    ('classifier', []),
    ('lm', [('query-value', 1)]),
    ('lm', [('patterns', 1)]),
    ('lm', [('rank-stabilised', 1)]),
    ('lm', [('patterns', 0.25)]),
    ('lm', [('query-value', 0.5), ('rank-stabilised', -0.75)]),
    ('lm', [('patterns', 0.5), ('query-value', 2), ('rank-stabilised', 0.5)]),
    ('lm', [('head-for-lm', 1)]),
    ('lm-untied', [('some-layers', 1)]),
    ('lm-untied', [('saved-modules', 1)]),
    ('classifier', [('new-head', 1)]),
    ('classifier', [('new-head', 0.5)]),
]
PAIRS = [
    ('capital of China', 'Beijing is the capital of China.'),
    ('capital of China', '使用 csv 模块逐行读取，节省内存。'),
    ('how to undo the last git commit', 'git reset --soft HEAD~1 moves the branch back one commit.'),
    ('how to undo the last git commit', ''),
]


def load(base: Path, classifier: bool, dtype: torch.dtype) -> torch.nn.Module:
    if classifier:
        return AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype=dtype)
    return AutoModelForCausalLM.from_pretrained(base, dtype=dtype)


def write_adapter(name: str, bases: dict[str, Path]) -> None:
    base, classifier, dtype, settings = ADAPTERS[name]
    torch.manual_seed(sorted(ADAPTERS).index(name))
    model = get_peft_model(load(bases[base], classifier, torch.float32), LoraConfig(init_lora_weights=False, **settings))
    for parameter_name, parameter in model.named_parameters():
        # Trained far away from the base: a copy of it would prove nothing.
        if 'modules_to_save' in parameter_name:
            parameter.data += 0.3 * torch.randn_like(parameter) * parameter.data.std().nan_to_num(1)
    model.to(dtype)
    # A path of this machine would say nothing to others.
    model.peft_config['default'].base_model_name_or_path = f'somebody/{base}'
    folder = HERE / 'adapters' / name
    model.save_pretrained(folder, save_embedding_layers=False)
    (folder / 'README.md').unlink(missing_ok=True)


def scores(base: Path, adapters: list, prompts: Prompts) -> list[float]:
    """PEFT's own merge, in float64."""
    with tempfile.TemporaryDirectory() as temporary:
        classifier = any(ADAPTERS[name][1] for name, _ in adapters)
        directory = base
        if adapters:
            model = None
            for name, _ in adapters:
                path = HERE / 'adapters' / name
                if model is None:
                    model = PeftModel.from_pretrained(load(base, classifier, torch.float64), path, adapter_name=name)
                else:
                    model.load_adapter(path, adapter_name=name)
            for module in model.modules():
                for name, scale in adapters:
                    if isinstance(module, peft.tuners.lora.LoraLayer) and name in module.scaling:
                        module.set_scale(name, scale)
            if len(adapters) == 1:
                merged = model.merge_and_unload()
            else:
                merged = model.merge_and_unload(adapter_names=[name for name, _ in adapters])
            directory = Path(temporary)
            merged.save_pretrained(directory)
        reference = Reference(directory, prompts.yes, prompts.no)
        return [round(reference.logit(prompts.build(query, document, None, None).ids), 6) for query, document in PAIRS]


def main() -> None:
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    prompts = Prompts(TRAINED_MODEL / 'tokenizer.json')
    shutil.rmtree(HERE / 'adapters', ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        bases = {name: Path(temporary) / name for name in BASES}
        for name, model_spec in BASES.items():
            seeded.write_checkpoint(bases[name], model_spec, TRAINED_MODEL)
        for name in ADAPTERS:
            write_adapter(name, bases)
        cases = []
        for base, adapters in CASES:
            logits = scores(bases[base], adapters, prompts)
            cases.append({'base': base, 'adapters': [{'name': n, 'scale': s} for n, s in adapters], 'logits': logits})
            print(base, adapters, logits, flush=True)
    about = (
        f'PEFT {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__.split("+")[0]}, '
        'merged and computed in float64. See README.md.'
    )
    pairs = [{'query': query, 'document': document} for query, document in PAIRS]
    out = {'about': about, 'bases': BASES, 'pairs': pairs, 'cases': cases}
    (HERE / 'scores.json').write_text(json.dumps(out, ensure_ascii=False, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
