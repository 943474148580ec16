/** The prompts of Qwen3-Embedding's config_sentence_transformers.json. */
export const PROMPTS = {
  query: 'Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:',
  document: '',
};

/** The files that Qwen3-Embedding has of the sentence-transformers library. */
export const MARKERS: Readonly<Record<string, object>> = {
  'modules.json': ['Transformer', 'Pooling', 'Normalize'].map((name, idx) => ({
    idx,
    name: `${idx}`,
    path: idx === 0 ? '' : `${idx}_${name}`,
    type: `sentence_transformers.models.${name}`,
  })),
  '1_Pooling/config.json': {
    word_embedding_dimension: 1024,
    pooling_mode_cls_token: false,
    pooling_mode_mean_tokens: false,
    pooling_mode_max_tokens: false,
    pooling_mode_mean_sqrt_len_tokens: false,
    pooling_mode_weightedmean_tokens: false,
    pooling_mode_lasttoken: true,
    include_prompt: true,
  },
  'config_sentence_transformers.json': { prompts: PROMPTS, default_prompt_name: null, similarity_fn_name: 'cosine' },
};
