import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { en } from '../../src/server/page/assets/text-en.js';
import { zh } from '../../src/server/page/assets/text-zh.js';
import { PAGE_HEADERS, pageFile } from '../../src/server/page/index.ts';

const ASSETS = new URL('../../src/server/page/assets/', import.meta.url);
const names = readdirSync(ASSETS).filter((name) => name !== 'index.html');

describe("the page's files", () => {
  it('are all served, as they are', () => {
    for (const name of names) {
      expect(pageFile(`/page/${name}`)?.body, name).toBe(readFileSync(new URL(name, ASSETS), 'utf8'));
    }
    expect(pageFile('/')?.body).toBe(readFileSync(new URL('index.html', ASSETS), 'utf8'));
  });

  it('have their media types', () => {
    expect(pageFile('/')?.type).toBe('text/html; charset=utf-8');
    expect(pageFile('/page/main.js')?.type).toBe('text/javascript; charset=utf-8');
    expect(pageFile('/page/base.css')?.type).toBe('text/css; charset=utf-8');
    expect(pageFile('/page/icon.svg')?.type).toBe('image/svg+xml');
  });

  it.each(['', '/page', '/page/', '/page/../', '/page/main.js/', '__proto__', '/index.html', '/page/raw.d.ts'])(
    'are only those: %j',
    (path) => {
      expect(pageFile(path)).toBeUndefined();
    },
  );

  it('have nothing inline, nor anything of elsewhere', () => {
    const html = pageFile('/')?.body ?? '';
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/i);
    const all = [html, ...names.map((name) => pageFile(`/page/${name}`)?.body ?? '')].join('\n');
    expect(all.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\/|["'(]\/\/\w/);
  });

  it('are served under a policy that lets nothing inline run', () => {
    const policy = PAGE_HEADERS['content-security-policy'] ?? '';
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).not.toMatch(/unsafe|\*|data:|blob:/);
    expect(policy).toContain("require-trusted-types-for 'script'");
  });

  it('say the same in both languages', () => {
    const chinese = /\p{Script=Han}/u;
    for (const [name, text] of Object.entries(zh)) {
      const [said, original] = [text, en[name as keyof typeof en]].map((each) =>
        typeof each === 'string' ? each : (each as (...gaps: string[]) => string)('«1»', '«2»'),
      );
      expect(said?.match(/«\d»/g)?.sort(), name).toEqual(original?.match(/«\d»/g)?.sort());
      expect(original, name).toMatch(name === 'switchLanguage' ? chinese : /[A-Za-z]/);
      if (!['switchLanguage', 'recordsHint'].includes(name)) expect(said, name).toMatch(chinese);
    }
    const used = [...(pageFile('/')?.body.matchAll(/data-(?:text|label|placeholder)="(\w+)"/g) ?? [])];
    expect(used.length).toBeGreaterThan(20);
    for (const [, name] of used) expect(typeof en[name as keyof typeof en], name).toBe('string');
  });
});
