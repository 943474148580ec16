import { join } from 'node:path';
import { measure } from '../child.ts';
import { CACHE, PEERS } from '../paths.ts';
import { scriptOf } from './contenders.ts';
import { modelFileOf } from './model-files.ts';
import type { Contender, PeerRequest, PeerResult, Work } from './protocol.ts';
import type { Source } from './source.ts';

/** What this library compiles for the bench, apart from what its users have. */
export const COMPILED = join(CACHE, 'compiled');

/** Lets a contender do some work in a process of its own. A process that dies is a refusal too. */
export async function ask(
  contender: Contender,
  source: Source,
  settings: Pick<PeerRequest, 'threads' | 'maxLength' | 'tuning'>,
  work: Work,
): Promise<PeerResult> {
  const { yesId, noId } = source;
  const model = await modelFileOf(contender, source);
  const request: PeerRequest = { variant: contender.variant, model, yesId, noId, work, ...settings };
  const folder = contender.engine === 'rerankit' ? CACHE : join(PEERS, 'build');
  const env = { ...process.env, RERANKIT_CACHE: COMPILED, NODE_LLAMA_CPP_SKIP_DOWNLOAD: 'true' };
  try {
    return await measure<PeerResult>(scriptOf(contender), request, { folder, env });
  } catch (error) {
    return { kind: 'refused', reason: error instanceof Error ? error.message : `${error}` };
  }
}
