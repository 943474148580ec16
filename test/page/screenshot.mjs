// Makes docs/web-page.png anew: `npm run screenshot`. Needs Chromium, and pngquant for a small file (Debian: both packages
// have these names). The passages and scores are those of the page's first example, on the model in the package.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Reranker } from 'rerankit';
import { serve } from 'rerankit/server';

const file = fileURLToPath(new URL('../../docs/web-page.png', import.meta.url));
const server = await serve(Reranker.load(), { port: 0, page: true });
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'], // it does not start as root with one
});
const page = await browser.newPage({
  locale: 'en-US',
  viewport: { width: 1200, height: 896 },
  deviceScaleFactor: 2,
  reducedMotion: 'reduce',
});
await page.goto(server.url);
await page.locator('#facts dd').first().waitFor();
// Twice: the time of the first call is that of a cold start.
for (let times = 0; times < 2; times++) {
  const answered = page.waitForResponse('**/v2/rerank');
  await page.locator('.example').first().click();
  await answered;
}
await page.locator('.card').last().waitFor();
await page.mouse.move(0, 0);
await page.locator('.example').first().blur();
await page.screenshot({ path: file });
await browser.close();
await server.close();
execFileSync('pngquant', ['--quality', '80-95', '--speed', '1', '--strip', '--force', '--output', file, file]);
