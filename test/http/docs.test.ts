import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, jsonOf } from './client.ts';
import { type House, openHouse } from './house.ts';

let house: House;
let client: ReturnType<typeof clientOf>;

beforeAll(async () => {
  house = await openHouse();
  client = clientOf(house.url);
});
afterAll(() => house.close());

type Operation = {
  readonly operationId: string;
  readonly deprecated?: boolean;
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, { schema: object }> };
  readonly responses: Record<string, { readonly content?: Record<string, unknown> }>;
};
type Description = {
  readonly openapi: string;
  readonly servers: readonly { url: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, { properties: Record<string, object>; required: string[] }> };
};

describe.each(['', 'retainer/'] as const)('the description at /%sopenapi.json', (prefix) => {
  let description: Description;
  beforeAll(async () => {
    description = jsonOf(await client.get('openapi.json', { prefix })) as Description;
  });

  test('is OpenAPI 3.1 and names every path once, without the prefix', () => {
    expect(description.openapi).toBe('3.1.0');
    expect(description.servers).toEqual([{ url: house.url }]);
    expect(Object.keys(description.paths).sort()).toEqual(
      [
        '/assignment/approve',
        '/assignment/bonus',
        '/assignment/list',
        '/assignment/reject',
        '/events',
        '/gettask/assignment/{assignment_id}',
        '/healthz',
        '/hit/list',
        '/metrics',
        '/ping/worker/{worker_id}/assignment/{assignment_id}/hit/{hit_id}/event/{ping_type}',
        '/protohit/list',
        '/protohit/restore',
        '/protohit/retire',
        '/protohit/sandbox/get',
        '/protohit/sandbox/set',
        '/puttask',
        '/putwork',
        '/putwork/done',
        '/readyz',
        '/reservation/cancel',
        '/reservation/done',
        '/reservation/finish',
        '/reservation/finish/all',
        '/reservation/invoke',
        '/reservation/list',
        '/reservation/make',
        '/reservation/unfinish',
        '/reservation/{id}',
        '/reservation/{id}/answers',
        '/reservation/{id}/history',
        '/retainer.js',
        '/toggleSandbox',
        '/worker/block',
        '/worker/list',
        '/worker/unblock',
        '/wait/assignment/{assignment_id}',
      ].sort(),
    );
  });

  test('gives every operation a name of its own, and every application path both encodings and its errors', () => {
    const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { requestBody, responses } of operations.filter((operation) => operation.requestBody)) {
      expect(Object.keys(requestBody?.content ?? {})).toEqual([
        'application/x-www-form-urlencoded',
        'application/json',
      ]);
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '400', '401', '404', '409', '413', '503']));
      expect(Object.keys(responses['400']?.content ?? {})).toEqual(['text/plain', 'application/problem+json']);
    }
    expect(description.paths['/putwork']?.['post']?.deprecated).toBe(true);
    expect(description.paths['/reservation/make']?.['post']?.deprecated).toBeUndefined();
  });

  test('bounds parameters as the validation does', () => {
    const make = description.paths['/reservation/make']?.['post']?.requestBody;
    expect(make?.required).toBe(true);
    expect(make?.content['application/json']?.schema).toMatchObject({
      properties: { numAssignments: { type: 'integer', minimum: 1, maximum: 10_000 }, id: { format: 'uuid' } },
      required: ['foreignID', 'delay', 'numAssignments'],
    });
    const fields = description.components.schemas['ProtoHITFields'];
    expect(fields?.properties).toMatchObject({
      title: { minLength: 1, maxLength: 128 },
      reward: { type: 'number', minimum: 0, maximum: 100 },
      approval_rating: { minimum: 0, maximum: 100 },
    });
    expect(fields?.required).toHaveLength(12);
  });
});

describe.each(['docs', 'docs/', 'retainer/docs', 'retainer/docs/'])('the page at /%s', (path) => {
  test('shows the description, and loads nothing from elsewhere', async () => {
    const { text, headers } = await client.get(path);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'self'/);
    expect(text).not.toMatch(/https?:\/\//);
    const loaded = text.replaceAll(/<a [^>]*>/g, '');
    const references = [...loaded.matchAll(/(?:src|href|data-description)="([^"]+)"/g)].map(([, found]) => found);
    expect(references).toHaveLength(6);
    for (const reference of references) {
      const url = new URL(reference ?? '', `${house.url}/${path}`);
      const asset = await client.get(url.pathname.slice(1));
      expect(asset.status).toBe(200);
      expect(asset.headers.get('content-type')).toMatch(/^(text\/(css|javascript)|image\/png|application\/json)/);
    }
  });

  test('leads to every other page, whatever stands before its path', async () => {
    const { text } = await client.get(path);
    const links = [...text.matchAll(/<a href="([^"]+)"/g)].map(([, found]) => found ?? '');
    expect(links.filter((link) => link.startsWith('/'))).toEqual([]);
    const places = links.map((link) => new URL(link, `${house.url}/proxied/${path}`).pathname);
    expect(places).toEqual(['/proxied/', '/proxied/status', '/proxied/admin', '/proxied/docs']);
  });
});

test.each(['docs/package.json', 'docs/..%2Fpackage.json', 'docs/__proto__', 'docs/swagger-ui.css.map'])(
  '%s is no file of the page',
  async (path) => {
    expect((await client.get(path)).status).toBe(404);
  },
);
