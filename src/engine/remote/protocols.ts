/** What a server may speak. */
export const PROTOCOLS = ['vllm', 'tei', 'infinity', 'llama.cpp', 'cohere', 'jina', 'voyage', 'rerankit'] as const;

/** What a server speaks; docs/remote.md says what each can do. */
export type RemoteProtocol = (typeof PROTOCOLS)[number];
