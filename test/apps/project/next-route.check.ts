import type { NextRequest } from 'next/server';
import * as service from './examples/apps/next/app/api/rerank/[...path]/route';
import * as route from './examples/apps/next/app/api/search/route';

/** What Next.js takes as a route handler. */
type RouteHandler = (request: NextRequest) => Promise<Response>;

export const handler: RouteHandler = route.POST;
export const runtime: 'nodejs' | 'edge' = route.runtime as 'nodejs';
export const maxDuration: number = route.maxDuration;

export const handlers: Readonly<Record<'GET' | 'POST', RouteHandler>> = { GET: service.GET, POST: service.POST };
