import type { IncomingMessage } from 'node:http';
import axe from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { Reranker } from 'rerankit';
import { type HandlerOptions, type RunningServer, type ServedReranker, serve } from 'rerankit/server';
import { createTestReranker } from 'rerankit/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { en } from '../../src/server/page/assets/text-en.js';
import { zh } from '../../src/server/page/assets/text-zh.js';
import { CHROMIUM, startChromium } from './chromium.ts';

if (CHROMIUM === undefined)
  console.log('The page is not tried in a browser: no Chromium is installed here (CHROMIUM names one).');

const DOCUMENTS = [
  'git stash puts uncommitted changes aside.',
  'Lower eggs into boiling water and wait for six minutes.',
  'To undo the last commit but keep its changes staged, run git reset --soft HEAD~1.',
  'chmod 755 gives the owner all rights.',
];
const QUERY = 'how do I undo my last git commit';

describe.skipIf(CHROMIUM === undefined)('the page in Chromium', () => {
  let browser: Browser;
  let embedded: Reranker;
  const scripted = createTestReranker();
  const servers: RunningServer[] = [];
  const contexts: BrowserContext[] = [];
  /** What the browser found wrong with the page: errors, and what its policy forbids. */
  const complaints: string[] = [];
  /** The page with the model of the package, at the root. */
  let real: string;
  /** The page with a reranker that does as it is told, in a folder. */
  let quick: string;

  /** Serves the page as the package has it, on a free port. Closing disposes of the reranker. */
  async function servePage(
    reranker: ServedReranker | Promise<ServedReranker>,
    options: HandlerOptions = {},
  ): Promise<string> {
    const server = await serve(reranker, { port: 0, page: true, ...options });
    servers.push(server);
    return `${server.url}${options.basePath ?? ''}/`;
  }

  beforeAll(async () => {
    [browser, embedded] = await Promise.all([startChromium(), Reranker.load()]);
    real = await servePage(embedded);
    quick = await servePage(scripted, { basePath: '/tools/rank' });
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((each) => each.close()));
    scripted.reset();
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), ...servers.map((each) => each.close())]);
  });

  async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 900 }, ...options });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      const failedRequest = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !failedRequest) complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  }

  async function fill(page: Page, query: string, documents: readonly string[]): Promise<void> {
    await page.locator('#query').fill(query);
    await page.locator('#documents').fill(documents.join('\n'));
  }

  async function rank(page: Page, query: string, documents: readonly string[]): Promise<void> {
    await fill(page, query, documents);
    await page.locator('#rank').click();
    await page.locator('.card').first().waitFor();
  }

  const passages = (page: Page): Promise<string[]> => page.locator('.passage').allTextContents();
  const says = (page: Page, id: string, text: string): Promise<void> =>
    page.locator(`#${id}`).filter({ hasText: text }).waitFor({ state: 'attached' });

  it('ranks what is typed, as the library does', async () => {
    const page = await open(real);
    await page.getByLabel('Query').click();
    await page.keyboard.type(QUERY);
    await page.getByLabel('Documents', { exact: true }).click();
    await page.keyboard.type(DOCUMENTS.join('\n'));
    await page.getByRole('button', { name: 'Rank', exact: true }).click();
    await page.locator('.card').first().waitFor();

    const { results, usage } = await embedded.rerank(QUERY, DOCUMENTS);
    expect(results[0]?.index).toBe(2);
    expect(await passages(page)).toEqual(results.map(({ document }) => document));
    const scores = await page.locator('.score').allTextContents();
    expect(scores).toEqual(results.map(({ score }) => `Score ${score.toFixed(3)}${score.toFixed(3)}`));
    const widths = await page
      .locator('.bar')
      .evaluateAll((bars) => bars.map((bar) => parseFloat(getComputedStyle(bar, '::before').width) / bar.clientWidth));
    for (const [at, { score }] of results.entries()) expect(widths[at]).toBeCloseTo(score, 2);
    expect(await page.locator('.moved').first().textContent()).toBe('Up 2 from 3▲ 2');
    expect(await page.locator('#status').textContent()).toMatch(
      new RegExp(
        `^4 documents in [\\d,.]+ m?s · ${usage.promptTokens.toLocaleString('en')} tokens, [\\d,]+ of them computed$`,
      ),
    );
    expect(await page.locator('#facts').textContent()).toMatch(/^modelembeddeddevicecpudtypefp32version\d+\.\d+\.\d+$/);
  });

  it('puts the passage that answers first, in each example', async () => {
    const page = await open(real);
    const answers = [/^To undo the last commit/, /^读取大型 CSV 文件时/, /^HTTP 401 means/, /^lsof -i :3000/];
    expect(await page.locator('.example').count()).toBe(answers.length);
    for (const [at, answer] of answers.entries()) {
      await page.locator('.example').nth(at).click();
      await page.locator('.passage').first().filter({ hasText: answer }).waitFor();
      expect(await page.locator('.moved').first().textContent()).toMatch(/▲/);
    }
  });

  it('shows markup as text, wherever it comes from', async () => {
    const markup = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script><b>&amp;</b>';
    const named = createTestReranker({ instruction: markup });
    const page = await open(await servePage(named, { modelNames: [markup] }));
    await page.locator('#instruction').fill(markup);
    await rank(page, markup, [markup, `${markup} again`]);
    expect((await passages(page)).sort()).toEqual([markup, `${markup} again`]);
    expect(await page.locator('#facts dd').first().textContent()).toBe(markup);
    await page.route('**/v2/rerank', (route) => route.fulfill({ status: 400, json: { message: markup } }));
    await page.locator('#rank').click();
    await says(page, 'problem', markup);
    await page.locator('#code').click();
    expect(await page.locator('#code-text').inputValue()).toContain('<img src=x');
    expect(await page.locator('main img, main b, main script, header b').count()).toBe(0);
    expect(await page.evaluate(() => Reflect.get(window, 'hacked'))).toBeUndefined();
  });

  it('is kept by the browser from making HTML of text at all', async () => {
    const page = await open(quick);
    const refused = await page.evaluate(() => {
      try {
        document.body.innerHTML = '<b>text</b>';
        return false;
      } catch {
        return true;
      }
    });
    expect(refused).toBe(true);
    expect(complaints.splice(0).join()).toMatch(/TrustedHTML/);
  });

  it('is light or dark as the system is, or as the visitor likes', async () => {
    const page = await open(quick, { colorScheme: 'dark' });
    const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [dark, light] = ['rgb(18, 20, 21)', 'rgb(246, 245, 241)'];
    expect(await ground()).toBe(dark);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await ground()).toBe(light);
    await page.getByRole('button', { name: 'Dark theme' }).click();
    expect(await ground()).toBe(dark);
    await page.reload();
    expect(await ground()).toBe(dark);
    await page.locator('#theme').click();
    expect(await ground()).toBe(light);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await ground()).toBe(dark);
  });

  it('speaks the language of the browser, or the other', async () => {
    const page = await open(quick, { locale: 'zh-CN' });
    const texts = (): Promise<[string, string | null][]> =>
      page
        .locator('[data-text]')
        .evaluateAll((all) => all.map((each) => [each.getAttribute('data-text') ?? '', each.textContent]));
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    for (const [name, text] of await texts()) expect(text).toBe(zh[name as keyof typeof zh]);
    await page.locator('#rank').click();
    await says(page, 'problem', zh.needsQuery);
    await rank(page, QUERY, DOCUMENTS);
    expect(await page.locator('#status').textContent()).toContain('4 个文档');
    await page.locator('#rank').click();
    await page.getByRole('button', { name: 'English' }).click();
    for (const [name, text] of await texts()) expect(text).toBe(en[name as keyof typeof en]);
    expect(await page.locator('#status').textContent()).toContain('4 documents');
    expect(await page.locator('.moved').first().textContent()).toContain('Up');
    await page.reload();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  it('needs no mouse, and shows where the keyboard is', async () => {
    const page = await open(quick);
    const seen: string[] = [];
    const to = async (id: string): Promise<void> => {
      for (let steps = 0; steps < 30; steps++) {
        await page.keyboard.press('Tab');
        const { now, outline } = await page.evaluate(() => {
          const active = document.activeElement;
          const shown =
            active instanceof HTMLInputElement && active.type === 'radio' ? active.nextElementSibling : active;
          return { now: active?.id || active?.className, outline: shown && getComputedStyle(shown).outlineStyle };
        });
        seen.push(now ?? '');
        expect(outline, now).toBe('solid');
        if (now === id) return;
      }
      throw new Error(`Tab does not lead to #${id}: ${seen.join(', ')}`);
    };
    await to('query');
    expect(seen.slice(0, 3)).toEqual(['language', 'theme', 'example']);
    await page.keyboard.type('undo the last commit');
    await to('instruction');
    await to('documents');
    await page.keyboard.type('bread\nundo the commit\n');
    await page.keyboard.press('Control+Enter');
    await page.locator('.card').first().waitFor();
    expect(await passages(page)).toEqual(['undo the commit', 'bread']);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('documents');
    await to('rank');
    await page.keyboard.press('Enter');
    await expect.poll(() => scripted.calls.length).toBe(2);
    await to('code');
    await page.keyboard.press('Enter');
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('code');
    await page.locator('#query').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => scripted.calls.length).toBe(3);
    expect(await page.locator('#query').inputValue()).toBe('undo the last commit');
  });

  it('leaves Enter to an input method that composes', async () => {
    const page = await open(quick);
    await fill(page, '如何', DOCUMENTS);
    await page.locator('#query').dispatchEvent('keydown', { key: 'Enter', isComposing: true });
    await page.locator('#query').dispatchEvent('keydown', { key: 'Enter', shiftKey: true });
    await page.locator('#query').press('Enter');
    await page.locator('.card').first().waitFor();
    expect(scripted.calls).toHaveLength(1);
  });

  it('reads files that are dropped or chosen', async () => {
    const page = await open(quick);
    const drop = async (name: string, content: string): Promise<void> => {
      const transfer = await page.evaluateHandle(
        ([name, content]) => {
          const made = new DataTransfer();
          made.items.add(new File([content ?? ''], name ?? ''));
          return made;
        },
        [name, content],
      );
      await page.dispatchEvent('main', 'dragover', { dataTransfer: transfer });
      expect(await page.locator('.drop').isVisible()).toBe(true);
      await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
      expect(await page.locator('.drop').isVisible()).toBe(false);
    };
    await drop('notes.txt', 'bread\nundo the commit\n\n');
    await says(page, 'count', '2 documents');
    await drop('records.jsonl', '{"body":"bread\\nand butter"}\n{"body":"undo the commit"}');
    await expect.poll(() => page.locator('#documents').inputValue()).toContain('{"body"');
    await page.locator('#query').fill('undo');
    await page.locator('#rank').click();
    await says(page, 'problem', en.noField('1', 'text'));
    await page.getByLabel('Field with the text').fill('body');
    await page.locator('#rank').click();
    await page.locator('.card').first().waitFor();
    expect(await passages(page)).toEqual(['undo the commit', 'bread\nand butter']);
    await drop('picture.txt', 'PNG\0\0');
    await says(page, 'problem', en.notText('picture.txt'));
    const chosen = { name: 'more.txt', mimeType: 'text/plain', buffer: Buffer.from('one\ntwo\nthree') };
    await page.locator('#file').setInputFiles(chosen);
    await says(page, 'count', '3 documents');
    expect(await page.locator('input[value=lines]').isChecked()).toBe(true);
  });

  it('gives a link that brings the input back, and runs nothing by itself', async () => {
    const page = await open(quick, { permissions: ['clipboard-read', 'clipboard-write'] });
    const documents = ['{"body":"如何 & + % #"}', '{"body":"<b>"}'];
    await fill(page, '如何在 Python 中读取大型 CSV 文件？', documents);
    await page.locator('#instruction').fill('Find the\nanswer');
    await page.getByText('JSONL', { exact: true }).click();
    await page.locator('#field').fill('body');
    await page.locator('#link').click();
    await says(page, 'link-status', en.linkCopied);
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toMatch(new RegExp(`^${quick}#query=`));
    expect(page.url()).toBe(link);

    const asked: string[] = [];
    const note = ({ method, url }: IncomingMessage): number => asked.push(`${method} ${url}`);
    servers[1]?.server.on('request', note);
    const other = await open(link);
    expect(await other.locator('#query').inputValue()).toBe('如何在 Python 中读取大型 CSV 文件？');
    expect(await other.locator('#documents').inputValue()).toBe(documents.join('\n'));
    expect(await other.locator('#instruction').inputValue()).toBe('Find the\nanswer');
    expect(await other.locator('#field').inputValue()).toBe('body');
    expect(await other.locator('input[value=jsonl]').isChecked()).toBe(true);
    await says(other, 'count', '2 documents');
    expect(scripted.calls).toHaveLength(0);
    servers[1]?.server.off('request', note);
    expect(asked).toContain('GET /tools/rank/v2/info');
    expect(asked.filter((each) => !/^GET \/tools\/rank\/[\w./-]*$/.test(each))).toEqual([]);
    await other.evaluate(() => {
      location.hash = '#query=next&documents=a';
    });
    await says(other, 'count', '1 document');
    await other.locator('#documents').fill('x'.repeat(40_000));
    await other.locator('#link').click();
    await says(other, 'problem', en.linkTooLong);
  });

  it('comes to no harm by a link', async () => {
    const page = await open('about:blank');
    for (const fragment of [
      '#query=<script>window.hacked=1</script>&documents=<img src=x onerror=window.hacked=1>',
      '#query=javascript:alert(1)&documents=%00%0D%0A%1b[31m&field=__proto__',
      '#query=%ff%fe&documents=%E0%A4%A&instruction=%',
      '#__proto__[hacked]=1&constructor=1',
      '#query=q&query=r&documents=&documents=x',
      `#query=q&documents=${'x'.repeat(100_000)}`,
      '#code-dialog',
    ]) {
      await page.goto('about:blank');
      await page.goto(`${quick}${fragment}`);
      await page.locator('#facts dd').first().waitFor();
      expect(await page.evaluate(() => Reflect.get(window, 'hacked'))).toBeUndefined();
      expect(await page.locator('script').count()).toBe(1);
      expect(scripted.calls).toHaveLength(0);
      await page.getByText('one a line', { exact: true }).click();
      await rank(page, QUERY, DOCUMENTS);
      expect(await passages(page)).toHaveLength(4);
      scripted.reset();
    }
  });

  it('stops a request, and frees the work', async () => {
    const page = await open(quick);
    await rank(page, QUERY, DOCUMENTS);
    for (const how of ['button', 'Escape']) {
      scripted.reset();
      scripted.hang();
      await page.locator('#rank').click();
      await says(page, 'status', 'Ranking 4 documents');
      await expect.poll(() => scripted.calls.length).toBe(1);
      await page.locator('#query').press('Enter');
      if (how === 'button') await page.getByRole('button', { name: 'Stop' }).click();
      else await page.keyboard.press('Escape');
      await says(page, 'status', en.stopped);
      await expect.poll(() => scripted.calls[0]?.state).toBe('rejected');
      expect(scripted.calls).toHaveLength(1);
      expect(await page.locator('#stop').isVisible()).toBe(false);
      expect(await passages(page)).toHaveLength(4);
    }
    scripted.reset();
    await page.locator('#rank').click();
    await says(page, 'status', '4 documents in');
  });

  it('tells what is wrong', async () => {
    const page = await open(quick);
    await page.locator('#rank').click();
    await says(page, 'problem', en.needsQuery);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('query');
    await page.locator('#query').fill('q');
    await page.locator('#rank').click();
    await says(page, 'problem', en.needsDocuments);
    await page.locator('#documents').fill('x\n'.repeat(1001));
    await page.locator('#rank').click();
    await says(page, 'problem', en.tooMany('1,000'));
    await rank(page, QUERY, DOCUMENTS);
    expect(await page.locator('#problem').textContent()).toBe('');

    const result = { index: 0, relevance_score: 0.5 };
    for (const [answer, text] of [
      [{ status: 429, headers: { 'retry-after': '7' } }, en.busy('7')],
      [{ status: 429, headers: { 'retry-after': 'soon' } }, en.busyNow],
      [{ status: 413, json: { message: 'Too large.' } }, en.failed('413', 'Too large.')],
      [{ status: 502, body: '<html>Bad gateway' }, en.failedSilently('502')],
      [{ status: 200, body: 'yes' }, en.oddAnswer],
      [{ status: 200, json: { results: 'x' } }, en.oddAnswer],
      [{ status: 200, json: { results: [{ ...result, index: 4 }] } }, en.oddAnswer],
      [{ status: 200, json: { results: [{ ...result, relevance_score: '1' }] } }, en.oddAnswer],
      [undefined, en.unreachable],
    ] as const) {
      await page.route('**/v2/rerank', (route) => (answer === undefined ? route.abort() : route.fulfill(answer)));
      await page.locator('#rank').click();
      await says(page, 'problem', text);
      expect(await page.locator('#status').textContent()).toMatch(/^4 documents in/);
      await page.unroute('**/v2/rerank');
    }
  });

  it('waits for a service that is still loading', async () => {
    let finish = (_model: ServedReranker): void => {};
    const loading = new Promise<ServedReranker>((resolve) => {
      finish = resolve;
    });
    const page = await open(await servePage(loading));
    await fill(page, QUERY, DOCUMENTS);
    await page.locator('#rank').click();
    await says(page, 'problem', en.failed('503', ''));
    finish(createTestReranker());
    await page.locator('#facts dd', { hasText: 'test' }).waitFor();
    await rank(page, QUERY, DOCUMENTS);
  });

  it('asks for a key where one is needed, and keeps it to itself', async () => {
    const page = await open(await servePage(createTestReranker(), { apiKeys: ['secret-key'] }));
    await page.locator('#key').waitFor();
    await fill(page, QUERY, DOCUMENTS);
    await page.locator('#rank').click();
    await says(page, 'problem', en.needsKey);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('key');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Control+Enter');
    await says(page, 'problem', en.wrongKey);
    await page.getByLabel('API key').fill('ключ');
    await page.locator('#rank').click();
    await says(page, 'problem', en.oddKey);
    await page.getByLabel('API key').fill('secret-key');
    await page.locator('#rank').click();
    await page.locator('.card').first().waitFor();
    await page.locator('#code').click();
    expect(await page.locator('#code-text').inputValue()).toContain('apiKey: process.env.RERANKIT_API_KEY');
    await page.keyboard.press('Escape');
    await page.locator('#link').click();
    expect(page.url()).not.toContain('secret');
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    );
    expect(kept).toBe('[{},{},""]');
    await page.reload();
    expect(await page.locator('#key').inputValue()).toBe('');
  });

  it('shows the call as code, and copies it', async () => {
    const page = await open(quick, { permissions: ['clipboard-read', 'clipboard-write'] });
    await fill(page, QUERY, DOCUMENTS);
    await page.locator('#code').click();
    expect(await page.locator('#code-text').inputValue()).toContain(`Reranker.connect("${quick}"`);
    await page.getByText('curl', { exact: true }).click();
    await page.locator('#code-copy').click();
    await says(page, 'code-status', en.copied);
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(await page.locator('#code-text').inputValue());
    expect(copied).toContain(`curl '${quick}v2/rerank'`);
  });

  it('shows long lists step by step, and long documents folded', async () => {
    const page = await open(quick);
    await rank(
      page,
      'word',
      Array.from({ length: 250 }, (_, at) => (at === 0 ? 'word '.repeat(400) : `word ${at}`)),
    );
    expect(await page.locator('.card').count()).toBe(100);
    await page.getByRole('button', { name: 'Show 100 more' }).click();
    expect(await page.locator('.card').count()).toBe(200);
    expect(await page.evaluate(() => document.activeElement?.querySelector('.place')?.textContent)).toBe('101');
    await page.getByRole('button', { name: 'Show 50 more' }).click();
    expect(await page.locator('.card').count()).toBe(250);
    expect(await page.locator('#more').isVisible()).toBe(false);
    const height = (): Promise<number> =>
      page
        .locator('.passage')
        .first()
        .evaluate((each) => each.clientHeight);
    const folded = await height();
    await page.getByRole('button', { name: en.showAll }).click();
    expect(await height()).toBeGreaterThan(folded);
    await page.getByRole('button', { name: en.showLess }).click();
    expect(await height()).toBe(folded);
  });

  it('says when the input is no longer that of the ranking', async () => {
    const page = await open(quick);
    await rank(page, QUERY, DOCUMENTS);
    expect(await page.locator('#stale').isVisible()).toBe(false);
    await page.locator('#query').fill('other');
    expect(await page.locator('#stale').isVisible()).toBe(true);
    await page.locator('#query').fill(QUERY);
    expect(await page.locator('#stale').isVisible()).toBe(false);
  });

  it('fits screens of all widths', async () => {
    const page = await open(quick);
    await rank(page, QUERY, [...DOCUMENTS, 'x'.repeat(500), '长'.repeat(300)]);
    await page.locator('#code').click();
    for (const width of [320, 768, 1280]) {
      await page.setViewportSize({ width, height: 700 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });

  it('passes the checks of axe, contrast among them, in both themes and languages', async () => {
    const page = await open(quick, { colorScheme: 'light', bypassCSP: true, reducedMotion: 'reduce' });
    await page.evaluate(axe.source);
    const check = async (state: string): Promise<void> => {
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        const found = await page.evaluate(() => (Reflect.get(window, 'axe') as typeof axe).run());
        const violations = found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
        expect(violations, `${state}, ${colorScheme}`).toEqual([]);
      }
    };
    await check('empty');
    await rank(page, QUERY, [...DOCUMENTS, 'undo '.repeat(400)]);
    await page.route('**/v2/rerank', (route) => route.fulfill({ status: 401 }));
    await page.locator('#rank').click();
    await page.locator('#key').waitFor();
    await page.getByText('JSONL', { exact: true }).click();
    await check('all there is');
    await page.locator('#language').click();
    await check('Chinese');
    await page.locator('input[value=lines] + span').click();
    await page.locator('#code').click();
    await check('dialog');
  });
});
