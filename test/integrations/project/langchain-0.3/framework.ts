export { ContextualCompressionRetriever } from 'langchain/retrievers/contextual_compression';
export { DocumentCompressorPipeline } from 'langchain/retrievers/document_compressors';
export { MemoryVectorStore } from 'langchain/vectorstores/memory';
