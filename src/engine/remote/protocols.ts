/** What a server may speak. */
export const PROTOCOLS = ['vllm', 'tei', 'infinity', 'llama.cpp', 'cohere', 'jina', 'voyage', 'rerankit'] as const;

/** One of {@link PROTOCOLS}. */
export type RemoteProtocol = (typeof PROTOCOLS)[number];
