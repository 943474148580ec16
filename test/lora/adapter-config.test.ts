import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AdapterConfig, readAdapterConfig } from '../../src/model/lora/adapter-config.ts';
import { isSaved } from '../../src/model/lora/match-tensors.ts';
import { scratch } from '../model/scratch.ts';
import { writeFiles } from '../model/tiny-model.ts';

async function read(json: object): Promise<AdapterConfig> {
  const folder = await scratch();
  await writeFiles(folder, { 'adapter_config.json': JSON.stringify({ peft_type: 'LORA', ...json }) });
  return readAdapterConfig(join(folder, 'adapter_config.json'));
}

const PARTS = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj'].concat([
  'mlp.gate_proj',
  'mlp.up_proj',
  'mlp.down_proj',
]);
const MODULES = [0, 1, 10].flatMap((layer) => PARTS.map((part) => `model.layers.${layer}.${part}`));

/** Layer and letter of each targeted module. */
async function targets(json: object): Promise<string> {
  const config = await read(json);
  return MODULES.filter(config.targets)
    .map((module) => module.replace(/^model\.layers\.(\d+)\.\w+\.(\w)\w*_proj$/, '$1$2'))
    .join(' ');
}

describe('modules are targeted as PEFT does it', () => {
  it.each<[string, object, string]>([
    ['a list of ends', { target_modules: ['q_proj', 'mlp.up_proj'] }, '0q 0u 1q 1u 10q 10u'],
    ['ends begin after a dot', { target_modules: ['proj', '_proj', '0.mlp.up_proj'] }, '0u'],
    ['a whole name', { target_modules: ['model.layers.1.mlp.gate_proj'] }, '1g'],
    [
      'all linear layers',
      { target_modules: 'all-linear' },
      MODULES.map((m) => m.replace(/^model\.layers\.(\d+)\.\w+\.(\w).*/, '$1$2')).join(' '),
    ],
    ['in any case', { target_modules: 'ALL-linear', exclude_modules: '.*(k|v|o|g.*|u.*)_proj' }, '0q 0d 1q 1d 10q 10d'],
    ['a pattern is for the whole name', { target_modules: 'q_proj' }, ''],
    ['a pattern', { target_modules: String.raw`.*\.(0|10)\..*(?:q|v)_proj` }, '0q 0v 10q 10v'],
    ['a pattern in Python’s own notation', { target_modules: String.raw`(?P<all>.*\.1\.mlp\..*)` }, '1g 1u 1d'],
    ['nothing: what PEFT takes', {}, '0q 0v 1q 1v 10q 10v'],
    [
      'an excluded end',
      { target_modules: ['q_proj', 'k_proj'], exclude_modules: ['k_proj', '1.self_attn.q_proj'] },
      '0q 10q',
    ],
    [
      'an excluded pattern',
      { target_modules: ['q_proj', 'k_proj'], exclude_modules: String.raw`.*\.1\d?\..*` },
      '0q 0k',
    ],
    [
      'what is saved whole',
      { target_modules: 'all-linear', modules_to_save: ['self_attn', 'up_proj', 'gate'] },
      '0g 0d 1g 1d 10g 10d',
    ],
    ['some layers', { target_modules: ['q_proj'], layers_to_transform: [1, 10] }, '1q 10q'],
    ['one layer', { target_modules: ['q_proj'], layers_to_transform: 10, layers_pattern: 'layers' }, '10q'],
    [
      'layers of another list',
      { target_modules: ['q_proj'], layers_to_transform: [0], layers_pattern: ['blocks'] },
      '',
    ],
    [
      'layers, but for whole names',
      { target_modules: ['q_proj', 'model.layers.1.mlp.up_proj'], layers_to_transform: [0] },
      '0q 1u',
    ],
    ['an empty list of layers', { target_modules: ['q_proj'], layers_to_transform: [] }, '0q 1q 10q'],
  ])('%s', async (_, json, expected) => {
    expect(await targets(json)).toBe(expected);
  });
});

describe('ranks and scalings', () => {
  const Q = 'model.layers.1.self_attn.q_proj';
  const DOWN = 'model.layers.0.mlp.down_proj';

  it.each<[string, object, number, number]>([
    ['by default', {}, 8, 1],
    ['of the whole adapter', { r: 4, lora_alpha: 6 }, 4, 1.5],
    ['with a stabilised rank', { r: 9, lora_alpha: 6, use_rslora: true }, 9, 2],
    ['by an end of the name', { r: 4, lora_alpha: 8, rank_pattern: { q_proj: 2 } }, 2, 4],
    ['not by part of a word', { r: 4, lora_alpha: 8, rank_pattern: { _proj: 2, proj: 3, q_: 5 } }, 4, 2],
    [
      'by a pattern',
      { r: 4, lora_alpha: 8, alpha_pattern: { [String.raw`layers\.\d\.self_attn\.(q|k)_proj`]: 2 } },
      4,
      0.5,
    ],
    ['by the first of several', { r: 4, rank_pattern: { '1.self_attn.q_proj': 16, q_proj: 2 } }, 16, 0.5],
    ['with alpha of 0', { r: 4, lora_alpha: 0 }, 4, 0],
    [
      'stabilised, with patterns',
      { use_rslora: true, rank_pattern: { q_proj: 16 }, alpha_pattern: { q_proj: 2 } },
      16,
      0.5,
    ],
  ])('%s', async (_, json, rank, scaling) => {
    const config = await read(json);
    expect([config.rankOf(Q), config.scalingOf(Q)]).toEqual([rank, scaling]);
  });

  it('of one module do not touch others', async () => {
    const config = await read({ r: 4, lora_alpha: 8, rank_pattern: { q_proj: 2 }, alpha_pattern: { q_proj: 1 } });
    expect([config.rankOf(DOWN), config.scalingOf(DOWN)]).toEqual([4, 2]);
  });

  // With backtracking this would not end within the test's time.
  it('are found in time, whatever the patterns', async () => {
    const evil = '(?:(?:(?:m*)*)*)*(?:.*.*.*.*)*x';
    const config = await read({ target_modules: evil, rank_pattern: { [evil]: 2 }, exclude_modules: evil });
    for (const module of MODULES) {
      expect(config.targets(module)).toBe(false);
      expect(config.rankOf(module)).toBe(8);
    }
  });
});

it('what is saved whole is told by the end of a module’s name, or of one around it', () => {
  expect(isSaved('score', ['classifier', 'score'])).toBe(true);
  expect(isSaved('model.layers.0.self_attn.q_norm', ['norm'])).toBe(true);
  expect(isSaved('model.layers.0.self_attn.q_norm', ['self_attn'])).toBe(true);
  expect(isSaved('model.layers.0.self_attn.q_norm', ['q_nor'])).toBe(false);
  expect(isSaved('model.layers.0.mlp.up_proj', ['self_attn'])).toBe(false);
});
