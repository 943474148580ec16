import type { MakeEndpoint } from './protocol.ts';
import { rerank } from './rerank.ts';
import { score } from './score.ts';
import { v1Rerank } from './v1-rerank.ts';
import { v2Rerank } from './v2-rerank.ts';

/** Every path that requests are posted to. */
export const ENDPOINTS: readonly MakeEndpoint[] = [v2Rerank, v1Rerank, rerank, score('/score'), score('/v1/score')];
