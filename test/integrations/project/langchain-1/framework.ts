export { ContextualCompressionRetriever } from '@langchain/classic/retrievers/contextual_compression';
export { DocumentCompressorPipeline } from '@langchain/classic/retrievers/document_compressors';
export { MemoryVectorStore } from '@langchain/classic/vectorstores/memory';
