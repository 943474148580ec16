import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { asCurl, asTypeScript, type Call } from '../../src/server/page/assets/code.js';

/** What breaks out of quotes, comments, here-documents and terminals. */
const HOSTILE = [
  `'"\`$(touch /tmp/x)\${1}\\`,
  'END',
  '\nEND\nrm -rf /\n',
  "'; echo no; '",
  '*/ // <!--',
  '\u2028\u2029\u0000\u001b[31m\u007f\u009b',
  'a\u202eb\u2066c\u200bd\ufeff\u{e0041}',
  '\ud800',
  '如何在 Python 中读取大型 CSV 文件？ 👩‍💻',
  '!history %s %d ^caret^',
];
const call = { url: 'http://localhost:8080/', needsKey: false, query: 'q', instruction: '', documents: ['a', 'b'] };

/** Runs the program with a reranker that only notes what it is asked. */
async function runTypeScript(code: string): Promise<unknown> {
  const [first, ...rest] = code.split('\n');
  expect(first).toBe("import { Reranker } from 'rerankit';");
  const { outputText, diagnostics } = ts.transpileModule(rest.join('\n'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    reportDiagnostics: true,
  });
  expect(diagnostics).toEqual([]);
  let seen: unknown;
  const Reranker = {
    connect: async (url: string, options: object) => ({
      rerank: async (query: string, documents: readonly string[], options2: object = {}) => {
        seen = { url, ...options, query, documents, ...options2 };
        return { results: [] };
      },
    }),
  };
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction('Reranker', 'process', outputText)(Reranker, { env: { RERANKIT_API_KEY: 'secret' } });
  return seen;
}

/** Runs the command with a `curl` that only prints what it is given. */
function runShell(shell: string, code: string): { args: string[]; body: string } {
  const script = `curl() { for each in "$@"; do printf '%s\\0' "$each"; done; printf '\\0'; cat; }\n${code}`;
  const output = execFileSync(shell, ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, RERANKIT_API_KEY: 'secret' },
  });
  const [args = '', body = ''] = output.split('\0\0');
  return { args: args.split('\0'), body };
}

describe('the call as TypeScript', () => {
  it('asks what the page asked', async () => {
    const hostile: Call = { ...call, query: HOSTILE[0] ?? '', instruction: HOSTILE[2] ?? '', documents: HOSTILE };
    expect(await runTypeScript(asTypeScript(hostile))).toEqual({
      url: call.url,
      protocol: 'rerankit',
      query: hostile.query,
      instruction: hostile.instruction,
      documents: HOSTILE,
    });
    expect(await runTypeScript(asTypeScript({ ...call, needsKey: true }))).toEqual({
      url: call.url,
      protocol: 'rerankit',
      apiKey: 'secret',
      query: 'q',
      documents: ['a', 'b'],
    });
  });

  it('does so for any text', async () => {
    const text = fc.string({ unit: 'binary' });
    await fc.assert(
      fc.asyncProperty(text, text, fc.array(text), async (query, instruction, documents) => {
        const seen = await runTypeScript(asTypeScript({ ...call, query, instruction, documents }));
        expect(seen).toMatchObject({ query, documents, ...(instruction === '' ? {} : { instruction }) });
      }),
      { numRuns: 50 },
    );
  });

  it('hides no characters', () => {
    for (const write of [asTypeScript, asCurl]) {
      const code = write({ ...call, documents: HOSTILE }).replaceAll('\n', '');
      expect(code).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  });
});

describe('the call as curl', () => {
  it.each(['sh', 'bash'])('sends what the page sends, from %s', (shell) => {
    const hostile: Call = { ...call, query: HOSTILE[0] ?? '', instruction: HOSTILE[2] ?? '', documents: HOSTILE };
    const { args, body } = runShell(shell, asCurl(hostile));
    expect(JSON.parse(body)).toEqual({ query: hostile.query, instruction: hostile.instruction, documents: HOSTILE });
    expect(args).toEqual([
      'http://localhost:8080/v2/rerank',
      '-H',
      'Content-Type: application/json',
      '--data-binary',
      '@-',
    ]);
  });

  it('quotes the address, and takes the key from the environment', () => {
    const { args } = runShell('sh', asCurl({ ...call, url: "http://localhost/it's/$HOME&/", needsKey: true }));
    expect(args[0]).toBe("http://localhost/it's/$HOME&/v2/rerank");
    expect(args).toContain('Authorization: Bearer secret');
  });
});
