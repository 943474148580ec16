import type { NextConfig } from 'next';

// Native code and worker threads are not to be bundled.
const config: NextConfig = { serverExternalPackages: ['rerankit', 'onnxruntime-node'] };

export default config;
