import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import type { Endpoint, Protocol } from './protocols/protocol.ts';

type Json = Readonly<Record<string, unknown>>;

/** Statuses of requests that are refused. */
const REFUSALS: Readonly<Record<string, string>> = {
  '400': 'Not JSON',
  '401': 'No key, or a wrong one',
  '404': 'Another model than the one that is served',
  '413': 'The body is too large',
  '415': 'Not called JSON, or compressed',
  '422': 'Not what the protocol takes, or beyond a limit',
  '429': 'Too many requests; Retry-After tells when to come back',
  '500': 'The model failed',
  '503': 'Loading, or shutting down',
  '504': 'It took too long',
};

interface PageText {
  readonly summary: string;
  readonly type?: string;
  /** Whether it can be read without a key. */
  readonly open?: boolean;
}

/** What can be read, by path: what it is, and its media type if it is not JSON. */
const PAGES: Readonly<Record<string, PageText>> = {
  '/health': { summary: 'The process lives.', open: true },
  '/ready': { summary: 'Requests are ranked: 200, or 503 while loading and draining.', open: true },
  '/metrics': { summary: 'Numbers for Prometheus.', type: 'text/plain' },
  '/openapi.json': { summary: 'This document.', open: true },
  '/v2/info': { summary: 'What is served, and the limits.', open: true },
  '/v1/models': { summary: "The model's names, as OpenAI's API lists them." },
  '/models': { summary: 'The same, where infinity has it.' },
  '/info': { summary: 'What is served, as text-embeddings-inference tells it.' },
};

/** The OpenAPI 3.1 document of a service, made of the schemas that requests are checked with. */
export function openApi(
  endpoints: readonly Endpoint[],
  { version, basePath }: { readonly version: string; readonly basePath: string },
): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'rerankit',
      version,
      description: 'Ranks documents by their relevance to a query, in the protocols of several services.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    security: [{ key: [] }],
    paths: {
      ...Object.fromEntries(endpoints.map((endpoint) => [endpoint.path, { post: operation(endpoint) }])),
      ...Object.fromEntries(Object.entries(PAGES).map(([path, page]) => [path, { get: reading(path, page) }])),
    },
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
  };
}

function operation({ path, summary, protocols }: Endpoint): Json {
  return {
    operationId: operationId('post', path),
    summary,
    requestBody: { required: true, content: content(protocols, ({ request }) => request) },
    responses: {
      '200': { description: 'The scores', content: content(protocols, ({ response }) => response) },
      ...Object.fromEntries(
        Object.entries(REFUSALS).map(([status, description]) => [
          status,
          { description, content: { 'application/json': { schema: { type: 'object' } } } },
        ]),
      ),
    },
  };
}

function reading(path: string, { summary, type = 'application/json', open = false }: PageText): Json {
  const schema = { type: type === 'application/json' ? 'object' : 'string' };
  return {
    operationId: operationId('get', path),
    summary,
    ...(open ? { security: [] } : {}),
    responses: { '200': { description: summary, content: { [type]: { schema } } } },
  };
}

function content(protocols: readonly Protocol[], part: (protocol: Protocol) => v.GenericSchema): Json {
  const schemas = protocols.map((protocol) => ({ title: protocol.name, ...jsonSchema(part(protocol)) }));
  const distinct = schemas.filter((schema, at) => schemas.findIndex((other) => same(schema, other)) === at);
  return { 'application/json': { schema: distinct.length === 1 ? distinct[0] : { anyOf: distinct } } };
}

function jsonSchema(schema: v.GenericSchema): Json {
  // OpenAPI 3.1 says itself which dialect its schemas are of.
  const { $schema, ...rest } = toJsonSchema(schema, {
    typeMode: 'input',
    errorMode: 'ignore',
    target: 'draft-2020-12',
  });
  return { ...rest };
}

function same(one: Json, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function operationId(method: string, path: string): string {
  return `${method}${path.replace(/[^a-z0-9]+/gi, '_').replace(/_$/, '')}`;
}
