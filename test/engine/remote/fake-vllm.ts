import { logitOf, sigmoid, tokenize } from './fake-model.ts';
import type { Handler, Reply } from './fake-server.ts';

export interface FakeVllmOptions {
  /** Endpoints that the server (or what stands before it) lacks. */
  readonly without?: readonly string[];
  /** The chat template it was started with. */
  readonly template?: (query: string, document: string, instruction: string | undefined) => string;
  readonly maxModelLen?: number;
  /** Whether it knows the switch for raw scores. */
  readonly raw?: boolean;
  /** Whether it takes token ids. */
  readonly ids?: boolean;
  readonly tokenizer?: (text: string) => number[];
  readonly usage?: boolean;
}

/** Qwen3-Reranker's template, as vLLM's own file of it comes out: without the last line end. */
export function qwenTemplate(query: string, document: string, instruction?: string): string {
  const task = instruction ?? 'Given a web search query, retrieve relevant passages that answer the query';
  const system =
    'Judge whether the Document meets the requirements based on the Query and the Instruct provided. ' +
    'Note that the answer can only be "yes" or "no".';
  return (
    `<|im_start|>system\n${system}<|im_end|>\n<|im_start|>user\n<Instruct>: ${task}\n<Query>: ${query}\n<Document>: ` +
    `${document}<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n`
  );
}

/** Answers as vLLM does for a model of one class. */
export function fakeVllm(options: FakeVllmOptions = {}): Handler {
  const { without = [], template, maxModelLen = 4096, raw = true, ids = true, usage = true } = options;
  const read = options.tokenizer ?? tokenize;
  const failure = (status: number, message: string): Reply => ({ status, body: { error: { message, code: status } } });
  const answer = (
    prompts: readonly number[][],
    body: Record<string, unknown>,
    name: (score: number) => object,
  ): Reply => {
    if (body['model'] !== 'tiny') return failure(404, `The model \`${body['model']}\` does not exist.`);
    if (prompts.some(({ length }) => length > maxModelLen)) {
      return failure(400, `This model's maximum context length is ${maxModelLen} tokens.`);
    }
    const number = (logit: number) => (raw && body['use_activation'] === false ? logit : sigmoid(logit));
    const data = prompts.map((prompt, index) => ({ index, ...name(number(logitOf(prompt))) }));
    const tokens = prompts.reduce((sum, { length }) => sum + length, 0);
    return {
      body: {
        object: 'list',
        model: 'tiny',
        data,
        ...(usage ? { usage: { prompt_tokens: tokens, total_tokens: tokens } } : {}),
      },
    };
  };
  return (given, { path }) => {
    if (without.includes(path)) return undefined;
    if (path === '/v1/models') return { body: { data: [{ id: 'tiny', max_model_len: maxModelLen }] } };
    const body = given as Record<string, unknown>;
    if (path === '/tokenize') {
      const tokens = read(body['prompt'] as string);
      return { body: { count: tokens.length, max_model_len: maxModelLen, tokens } };
    }
    if (path === '/classify') {
      const input = body['input'] as (string | number[])[];
      if (!ids && input.some((prompt) => typeof prompt !== 'string')) return failure(400, 'input must be strings');
      const prompts = input.map((prompt) => (typeof prompt === 'string' ? read(prompt) : prompt));
      return answer(prompts, body, (score) => ({ label: 'LABEL_0', probs: [score], num_classes: 1 }));
    }
    if (path === '/score' || path === '/v1/score') {
      const first = body['text_1'] as string;
      const second = body['text_2'] as string[];
      const instruction = body['instruction'] as string | undefined;
      const prompts = second.map((text) => read(template?.(first, text, instruction) ?? first + text));
      return answer(prompts, body, (score) => ({ object: 'score', score }));
    }
    return undefined;
  };
}
