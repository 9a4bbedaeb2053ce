import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openWork, startTestService, type TestService } from '../support/service.ts';

const panel = z.object({
  id: z.number().int().positive(),
  type: z.enum(['row', 'stat', 'timeseries']),
  title: z.string().min(1),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  targets: z.array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string() })).default([]),
});
const dashboard = z
  .object({
    uid: z.string(),
    panels: z.array(panel),
    templating: z.object({ list: z.array(z.object({ name: z.string() })) }),
  })
  .parse(JSON.parse(readFileSync('docs/grafana/retainer.json', 'utf8')));
const { panels } = dashboard;

test('the dashboard has its rows, and every panel an id and a place of its own', () => {
  expect(panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
    ...['Health', 'Latency', 'Pool', 'Recruiting and spending', 'Log and read models'],
  ]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
  for (const { type, targets } of panels) expect(targets.length > 0).toBe(type !== 'row');
});

describe('what it asks for', () => {
  let service: TestService;
  let text: string;
  beforeAll(async () => {
    service = await startTestService();
    await openWork(service);
    text = await (await fetch(`${service.url}/metrics`)).text();
  });
  afterAll(() => service.end());

  const queries = panels.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target })));
  const variables = [...dashboard.templating.list.map(({ name }) => name), '__rate_interval'];

  test.each(queries)('$title: $expr', ({ expr, legendFormat }) => {
    const metrics = [...expr.matchAll(/\b(?:retainer|process|nodejs)_\w+/g)].map(([name]) => name);
    expect(metrics.length).toBeGreaterThan(0);
    for (const name of metrics) {
      const histogram = name.replace(/_(bucket|count|sum)$/, '');
      const type = new RegExp(`^# TYPE (${name}|${histogram}) (\\w+)$`, 'm').exec(text);
      expect(type, `${name} is not exposed`).not.toBeNull();
      expect(type?.[2] === 'histogram').toBe(name !== histogram);
    }
    for (const [, variable] of expr.matchAll(/\$(\w+)/g)) expect(variables).toContain(variable);
    // What a legend names must survive the sum.
    const kept = [...expr.matchAll(/\bby \(([^)]*)\)/g)].at(0)?.[1]?.split(/,\s*/);
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) if (kept) expect(kept).toContain(label);
    expect(expr.split('(').length).toBe(expr.split(')').length);
  });

  test('the alerts that docs/observability.md suggests are about metrics that exist', () => {
    const named = readFileSync('docs/observability.md', 'utf8').matchAll(/\bretainer_\w+/g);
    const metrics = new Set([...named].map(([name]) => name));
    expect(metrics.size).toBeGreaterThan(4);
    for (const name of metrics) expect(text).toMatch(new RegExp(`^(# TYPE )?${name}[ {]`, 'm'));
  });
});
