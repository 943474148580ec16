import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compiledFolder } from '../../src/store/folder.ts';

describe('compiledFolder', () => {
  const HOME = '/home/ada';

  it('takes the option first, then RERANKIT_CACHE, then XDG_CACHE_HOME, then the default', () => {
    const env = { HOME, RERANKIT_CACHE: '/srv/models', XDG_CACHE_HOME: '/xdg' };
    expect(compiledFolder('here', env)).toBe(resolve('here'));
    expect(compiledFolder(undefined, env)).toBe('/srv/models');
    expect(compiledFolder(undefined, { ...env, RERANKIT_CACHE: '' })).toBe('/xdg/rerankit');
    expect(compiledFolder(undefined, { HOME }, 'linux')).toBe('/home/ada/.cache/rerankit');
    expect(compiledFolder(undefined, { HOME, XDG_CACHE_HOME: 'relative' }, 'linux')).toBe('/home/ada/.cache/rerankit');
  });

  it('expands what container files hand on unexpanded', () => {
    expect(compiledFolder(undefined, { RERANKIT_CACHE: '~/x' }, 'linux')).toBe(`${homedir()}/x`);
    expect(compiledFolder(undefined, { RERANKIT_CACHE: `\${DATA}/x`, DATA: '/data' }, 'linux')).toBe('/data/x');
  });

  it('knows the places of macOS and Windows', () => {
    expect(compiledFolder(undefined, { HOME }, 'darwin')).toBe('/home/ada/Library/Caches/rerankit');
    const env = { LOCALAPPDATA: 'C:\\Users\\Ada\\AppData\\Local' };
    expect(compiledFolder(undefined, env, 'win32')).toBe('C:\\Users\\Ada\\AppData\\Local\\rerankit\\Cache');
  });

  it('refuses an option that is no path', () => {
    const refusal = expect.objectContaining({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('compiledDir'),
    });
    expect(() => compiledFolder('', {})).toThrow(refusal);
    expect(() => compiledFolder('a\0b', {})).toThrow(refusal);
  });
});
