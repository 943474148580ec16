import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { get, served } from './support.ts';

test('the document is OpenAPI 3.1, as a validator has it', async () => {
  const { body, status } = await get(served().handler, '/openapi.json');
  expect(status).toBe(200);
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(body));
  expect(errors).toBeUndefined();
  expect([valid, validator.version]).toEqual([true, '3.1']);
});

test('that would be seen', async () => {
  const { body } = await get(served().handler, '/openapi.json');
  delete body.paths['/v2/rerank'].post.responses;
  body.paths['/v2/rerank'].post.requestBody = 5;
  expect((await new Validator().validate(body)).valid).toBe(false);
});

test('it has every path, and the limits', async () => {
  const { handler } = served({ limits: { documents: 7 } });
  const { body } = await get(handler, '/openapi.json');
  for (const [path, methods] of Object.entries<Record<string, object>>(body.paths)) {
    for (const method of Object.keys(methods)) {
      const response = await handler(new Request(`http://localhost${path}`, { method: method.toUpperCase() }));
      expect([200, 415], `${method} ${path}`).toContain(response.status);
    }
  }
  const { schema } = body.paths['/v2/rerank'].post.requestBody.content['application/json'];
  expect(schema.properties.documents).toMatchObject({ type: 'array', maxItems: 7 });
  expect(schema.required).toEqual(['query', 'documents']);
  expect(schema.additionalProperties).toBe(false);
  expect(body.paths['/v1/rerank'].post.requestBody.content['application/json'].schema.anyOf).toHaveLength(4);
});
