// Answers the requests of the documentation's examples as a vLLM server at gpu-1 would, with numbers that mean nothing.
const CONTROL = /(<\|\w+\|>|<\/?think>)/;
const tokens = (prompt) =>
  typeof prompt === 'string'
    ? prompt
        .split(CONTROL)
        .flatMap((part, at) => (at % 2 === 1 ? [9_000_000 + part.length] : [...part].map((c) => c.codePointAt(0))))
    : prompt;
const logit = (prompt) => (tokens(prompt).reduce((hash, id) => (hash * 31 + id) % 1_000_003, 7) / 1_000_003) * 8 - 4;

function scored(prompts, { use_activation: activation }, row) {
  const number = (value) => (activation ? 1 / (1 + Math.exp(-value)) : value);
  const prompt_tokens = prompts.reduce((sum, prompt) => sum + tokens(prompt).length, 0);
  return { data: prompts.map((prompt, index) => ({ index, ...row(number(logit(prompt))) })), usage: { prompt_tokens } };
}

const ANSWERS = {
  '/v1/models': () => ({ data: [{ id: 'Qwen/Qwen3-Reranker-0.6B', max_model_len: 40_960 }] }),
  '/tokenize': ({ prompt }) => ({ tokens: tokens(prompt) }),
  '/classify': (body) => scored(body.input, body, (score) => ({ probs: [score] })),
  '/score': (body) =>
    scored(
      body.text_2.map((text) => body.text_1 + text),
      body,
      (score) => ({ score }),
    ),
};

globalThis.fetch = async (url, { body } = {}) => {
  const { host, pathname } = new URL(url);
  if (host !== 'gpu-1:8000') throw new Error(`the examples know no server ${host}`);
  return Response.json(ANSWERS[pathname](body === undefined ? undefined : JSON.parse(body)));
};
