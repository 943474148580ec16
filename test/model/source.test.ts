import { cp, mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { embeddedModel } from '../../src/model/embedded.ts';
import { readSettings } from '../../src/model/hub/settings.ts';
import { resolveModel } from '../../src/model/source.ts';
import { rejection } from './hub-setup.ts';
import { scratch } from './scratch.ts';
import { shardedModel, tinyModel, writeFiles } from './tiny-model.ts';

describe('a source', () => {
  it('is the embedded model when there is none', async () => {
    const files = await resolveModel(undefined);
    expect(files).toMatchObject({
      kind: 'embedded',
      id: 'embedded',
      directory: resolve('models/default'),
      markers: {},
    });
    expect(files.revision).toBeUndefined();
  });

  it('finds the embedded model from the built files and from deeper folders', async () => {
    const here = resolve('.');
    for (const path of ['dist/index.js', 'dist/index.cjs', 'dist/a/b/c.js', 'src/model/embedded.ts']) {
      const { directory } = await embeddedModel(pathToFileURL(join(here, path)).href);
      expect(directory).toBe(join(here, 'models/default'));
    }
  });

  it('finds the embedded model of an installed package from bundled code, and says what to do if it cannot', async () => {
    const folder = await scratch();
    await writeFile(join(folder, 'package.json'), '{"name":"app"}');
    const bundle = pathToFileURL(join(folder, 'bundle.js')).href;
    expect(await rejection(embeddedModel(bundle))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    const installed = join(folder, 'node_modules', 'rerankit');
    await mkdir(installed, { recursive: true });
    await cp('package.json', join(installed, 'package.json'));
    await writeFiles(join(installed, 'models', 'default'), tinyModel());
    expect((await embeddedModel(bundle)).directory).toBe(join(installed, 'models', 'default'));
  });

  it('is a directory by any way of writing it', async () => {
    const folder = await scratch();
    await writeFiles(folder, tinyModel());
    const ways = [
      folder,
      `${folder}/`,
      pathToFileURL(folder).href,
      `./${relative('.', folder)}`,
      relative('.', folder),
    ];
    for (const way of [...ways, 'models/default']) {
      const files = await resolveModel(way);
      expect(files).toMatchObject({ kind: 'directory', directory: way === 'models/default' ? resolve(way) : folder });
      expect(files.weights).toEqual([join(files.directory, 'model.safetensors')]);
    }
  });

  it('is a directory with shards and markers', async () => {
    const folder = await scratch();
    await writeFiles(folder, { ...shardedModel(), 'modules.json': '[]' });
    const files = await resolveModel(folder);
    expect(files.index).toBe(join(folder, 'model.safetensors.index.json'));
    expect(files.weights.map((path) => relative(folder, path))).toEqual([
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ]);
    expect(files.markers).toEqual({ modules: join(folder, 'modules.json') });
  });

  it.each([
    ['./nowhere', /no directory .*nowhere/],
    ['~/nowhere-at-all', new RegExp(`no directory ${homedir()}`)],
    ['models/nowhere/deep', /no Hub name/],
    ['models\\nowhere', /no Hub name/],
    ['C:\\nowhere', /no directory/],
    ['./package.json', /is a file/],
    ['./src', /has no model\.safetensors \(or/],
  ])('says what is not there: %s', async (source, message) => {
    const error = await rejection(resolveModel(source, { offline: true }));
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringMatching(message) });
  });

  it('says which file a directory lacks, and why that may be', async () => {
    for (const name of ['config.json', 'tokenizer.json', 'model.safetensors']) {
      const folder = await scratch();
      const { [name]: _, ...rest } = tinyModel();
      await writeFiles(folder, rest);
      expect((await rejection(resolveModel(folder))).message).toContain(`has no ${name}`);
      await writeFile(join(folder, 'adapter_config.json'), '{}');
      if (name === 'model.safetensors') expect((await rejection(resolveModel(folder))).message).toMatch(/LoRA/);
    }
    const folder = await scratch();
    const { 'model-00002-of-00002.safetensors': _, ...rest } = shardedModel();
    await writeFiles(folder, rest);
    expect((await rejection(resolveModel(folder))).message).toMatch(/names .*model-00002-of-00002/);
  });

  it.each(['', ' ', 'gpt2', 'https://huggingface.co/Qwen/Qwen3-Reranker-0.6B', 'owner/na me', 'a--b/c', 'file:%%'])(
    'is refused when it is nothing of the kind: %j',
    async (source) => {
      const error = await rejection(resolveModel(source, { offline: true }));
      expect(['INVALID_OPTION', 'MODEL_NOT_FOUND']).toContain(error.code);
      expect(error.message).toContain(JSON.stringify(source));
    },
  );

  it('is refused when it is no string', async () => {
    const notText: unknown = 7;
    expect(await rejection(resolveModel(notText as string))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('settings of the Hub', () => {
  const home = homedir();
  it.each([
    [{}, join(home, '.cache/huggingface/hub')],
    [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
    [{ XDG_CACHE_HOME: '/x', HF_HOME: '/h' }, '/h/hub'],
    [{ HF_HOME: '~/h' }, join(home, 'h/hub')],
    [{ HF_HOME: '$DISK/h', DISK: '/d' }, '/d/h/hub'],
    [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
    [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '/c' }, '/c'],
    [{ HF_HOME: '' }, join(home, '.cache/huggingface/hub')],
  ])('put the cache where Python puts it: %o', async (env, cacheDir) => {
    expect((await readSettings({}, env)).cacheDir).toBe(cacheDir);
    expect((await readSettings({ cacheDir: '/mine' }, env)).cacheDir).toBe('/mine');
  });

  it('find the token', async () => {
    const folder = await scratch();
    await writeFile(join(folder, 'token'), 'hf_file\n');
    const token = async (env: Record<string, string>, options = {}) => (await readSettings(options, env)).token;
    expect(await token({ HF_HOME: folder })).toBe('hf_file');
    expect(await token({ HF_HOME: folder, HF_TOKEN: 'hf_env' })).toBe('hf_env');
    expect(await token({ HF_HOME: folder, HF_TOKEN: 'hf_env' }, { token: 'hf_mine' })).toBe('hf_mine');
    expect(await token({ HF_HOME: folder, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).toBeUndefined();
    expect(await token({ HF_HOME: join(folder, 'none') })).toBeUndefined();
    const error = await rejection(token({}, { token: 'hf_secret\nx' }));
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.not.stringContaining('secret') });
  });

  it('check the endpoint, and read the offline switch', async () => {
    expect(await readSettings({}, {})).toMatchObject({ endpoint: 'https://huggingface.co', offline: false });
    expect((await readSettings({}, { HF_ENDPOINT: 'https://mirror/hf/' })).endpoint).toBe('https://mirror/hf');
    for (const endpoint of ['mirror', 'ftp://x', 'https://user@x', '']) {
      expect(await rejection(readSettings({ endpoint }, {}))).toMatchObject({ code: 'INVALID_OPTION' });
    }
    expect((await readSettings({}, { HF_HUB_OFFLINE: 'yes' })).offline).toBe(true);
    expect((await readSettings({}, { TRANSFORMERS_OFFLINE: '1' })).offline).toBe(true);
    expect((await readSettings({ offline: false }, { HF_HUB_OFFLINE: '1' })).offline).toBe(false);
  });

  it('has no revision unless it is of the Hub', async () => {
    const message = /revision is "v1", but only models of the Hub have revisions; this one is "embedded"/;
    const error = await rejection(resolveModel(undefined, { revision: 'v1' }));
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) });
    const { directory } = await resolveModel(undefined);
    expect(await rejection(resolveModel(directory, { revision: 'main' }))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});
