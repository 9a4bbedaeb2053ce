import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSettings } from '../../src/config/read.ts';
import { type Core, openCore } from '../../src/core.ts';
import { killLeftOvers, type ServiceProcess, startServiceProcess } from '../faults/serviceProcess.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { openWork, until } from '../support/service.ts';
import { type Collector, type Span, startCollector } from './collector.ts';

let database: TestDatabase;
let collector: Collector;
let core: Core | undefined;
beforeEach(async () => {
  database = await freshDatabase();
  collector = await startCollector();
});
afterEach(async () => {
  await core?.close();
  core = undefined;
  await killLeftOvers();
  await collector.close();
  await database.drop();
});

const start = (environment: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> =>
  startServiceProcess({
    DATABASE_URL: database.url,
    SCHEDULER_INTERVAL_SECONDS: '0',
    LOG_LEVEL: 'warn',
    ...environment,
  });
const sending = (): Readonly<Record<string, string>> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_BSP_SCHEDULE_DELAY: '100',
});

/** A ProtoHIT, its HIT and a reservation, written by another process that traces nothing. */
async function work(numAssignments = 1) {
  const result = readSettings({ DATABASE_URL: database.url });
  if (result.type === 'invalid') throw new Error(result.problems.join());
  core = await openCore(result.settings, pino({ level: 'silent' }), { projector: false });
  return openWork({ core }, { numAssignments });
}

const post = (url: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) });
/** By page, the token that it got: pages without one respond by being told, which is a request of its own. */
const tokens = new Map<number, string>();
const arrive = async (url: string, n: number, hit: string): Promise<void> => {
  const answer = await fetch(`${url}/ping/worker/W${n}/assignment/A${n}/hit/${hit}/event/waiting?token=`);
  expect(await answer.text()).toBe('OK');
  tokens.set(n, answer.headers.get('retainer-token') ?? '');
};
/** What a page that waits for its call on a stream is told first of it. */
async function stream(url: string, n: number): Promise<string> {
  const answer = await fetch(`${url}/wait/assignment/A${n}?token=${tokens.get(n) ?? ''}`);
  let told = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    told += decoder.decode(chunk, { stream: true });
    if (told.includes('event: task')) break;
  }
  return told;
}

const named = (name: string): Span => {
  const found = collector.spans().filter((span) => span.name === name);
  if (found.length !== 1) throw new Error(`${found.length} spans are named ${name}`);
  return found[0] as Span;
};
const names = (): readonly string[] => collector.spans().map(({ name }) => name);
const attributeOf = ({ attributes }: Span, key: string): unknown =>
  Object.values(attributes.find((one) => one.key === key)?.value ?? {})[0];
/** Of all spans of a name: an append that met another writer is made again, and is a span each time. */
const lineagesOf = (name: string): readonly (readonly string[])[] =>
  collector
    .spans()
    .filter((span) => span.name === name)
    .map(lineage);
/** From a span up to the first that has no parent among what was sent. */
const lineage = (span: Span): readonly string[] => {
  const parent = collector.spans().find(({ spanId }) => spanId === span.parentSpanId);
  return parent === undefined ? [span.name] : [...lineage(parent), span.name];
};

const REQUEST = 'POST /reservation/invoke';
const COMMAND = 'command invokeReservation';

describe('with the standard variables set', () => {
  test('one trace goes from the request over the log to the worker who was told', async () => {
    const { url, terminate } = await start(sending());
    const { reservationId, hit } = await work();
    await arrive(url, 1, hit);
    // Invoked before queries show who waits, they would be dispatched on arrival: another chain.
    await until(async () => (await database.pool.query('select from waiting_pool')).rowCount === 1);
    const told = stream(url, 1);
    const invoked = await post(`${url}/reservation/invoke`, { id: reservationId });
    expect(invoked.status).toBe(200);
    expect(await told).toContain('event: task');
    await until(() => names().includes('worker told') && names().includes(REQUEST));

    expect(new Set(collector.spans().map(({ traceId }) => traceId)).size).toBe(1);
    const chain = [REQUEST, COMMAND, 'dispatch', 'append'];
    expect(lineagesOf('append')).toContainEqual(chain);
    for (const projection of ['reservations', 'tasks', 'waiting_pool'])
      expect(lineage(named(`project ${projection}`))).toEqual([...chain, `project ${projection}`]);
    expect(lineage(named('worker told'))).toEqual([...chain, 'worker told']);
    expect(attributeOf(named('dispatch'), 'retainer.reservation_id')).toBe(reservationId);
    expect(attributeOf(named(REQUEST), 'retainer.request_id')).toBe(invoked.headers.get('x-request-id'));
    for (const { startTimeUnixNano, endTimeUnixNano } of collector.spans())
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
    expect(new Set(collector.spans().map(({ service }) => service))).toEqual(new Set(['retainer']));
    expect(collector.paths()).toEqual(new Set(['POST /v1/traces']));
    expect(await terminate()).toMatchObject({ code: 0 });
  });

  test('who arrives later is dispatched and told in the trace of the invoke', async () => {
    const { url } = await start(sending());
    const { reservationId, hit } = await work();
    await post(`${url}/reservation/invoke`, { id: reservationId });
    await arrive(url, 1, hit);
    expect(await stream(url, 1)).toContain('event: task');
    await until(() => names().includes('worker told') && names().includes(REQUEST));
    expect(new Set(collector.spans().map(({ traceId }) => traceId)).size).toBe(1);
    const chain = [REQUEST, COMMAND, 'append', 'dispatch', 'append'];
    expect(lineage(named('dispatch'))).toEqual(chain.slice(0, 4));
    expect(lineage(named('worker told'))).toEqual([...chain, 'worker told']);
  });

  test('it is one trace on two nodes: one is asked, the other projects and tells', async () => {
    const projecting = await start({ ...sending(), OTEL_SERVICE_NAME: 'projecting' });
    const holdsIt = /^retainer_lease_held\{lease="projector tasks v\d+"\} 1$/m;
    await until(async () => holdsIt.test(await (await fetch(`${projecting.url}/metrics`)).text()));
    const asked = await start({ ...sending(), OTEL_SERVICE_NAME: 'asked' });
    const { reservationId, hit } = await work();
    await arrive(projecting.url, 1, hit);
    const told = stream(projecting.url, 1);
    await until(async () => (await fetch(`${asked.url}/readyz`)).ok);
    await post(`${asked.url}/reservation/invoke`, { id: reservationId });
    expect(await told).toContain('event: task');
    await until(() => names().includes('worker told') && names().includes(REQUEST));
    expect(new Set(collector.spans().map(({ traceId }) => traceId)).size).toBe(1);
    expect(lineage(named('worker told'))).toEqual([REQUEST, COMMAND, 'dispatch', 'append', 'worker told']);
    for (const name of [REQUEST, COMMAND, 'dispatch', 'append']) expect(named(name).service).toBe('asked');
    for (const name of ['project tasks', 'worker told']) expect(named(name).service).toBe('projecting');
  });

  test("the caller's trace is joined, and nobody's keys or names leave the process", async () => {
    const { url } = await start(sending());
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    await fetch(`${url}/reservation/list?apiKey=secret-key`, { headers });
    await fetch(`${url}/assignment/x/worker/SECRETWORKER`);
    await fetch(`${url}/retainer/readyz`);
    await until(() => names().includes('GET /reservation/list') && names().length >= 2);
    expect(named('GET /reservation/list')).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331' });
    expect(attributeOf(named('GET /reservation/list'), 'url.full')).toBe(`${url}/reservation/list`);
    expect(collector.received()).not.toMatch(/secret/i);
    expect(names().filter((name) => name.includes('readyz'))).toEqual([]);
  });

  test("a stranger's trace is not joined, nor sampled for its flag; a caller's is", async () => {
    const { url } = await start({
      ...sending(),
      OTEL_PROPAGATORS: 'tracecontext,b3',
      OTEL_TRACES_SAMPLER: 'parentbased_always_off',
    });
    await work();
    const issued = await core?.commands.issueApiKey(
      { actor: 'operator:test', requestId: 'test' },
      { label: 'application' },
    );
    if (issued?.type !== 'done') throw new Error('no key was issued');
    const { key } = issued.value;
    const ids = ['1', '2', '3', '4', '5', '6'].map((digit) => digit.repeat(32));
    const w3c = (id = '') => ({ traceparent: `00-${id}-b7ad6b7169203331-01`, baggage: 'who=attacker' });
    const b3 = (id = '') => ({ 'X-B3-TraceId': id, 'X-B3-SpanId': 'b7ad6b7169203331', 'X-B3-Sampled': '1' });
    const list = `${url}/reservation/list`;
    for (const headers of [w3c(ids[0]), b3(ids[1]), { b3: `${ids[2]}-b7ad6b7169203331-1` }, w3c(ids[3])])
      expect((await fetch(list, { headers: { ...headers, 'X-Api-Key': 'a guess' } })).status).toBe(401);
    await fetch(`${url}/marketplace`, { headers: w3c(ids[3]) });
    await fetch(`${url}/nowhere`, { headers: w3c(ids[3]) });
    expect((await fetch(list, { headers: { ...w3c(ids[4]), 'X-Api-Key': key } })).status).toBe(200);
    expect((await fetch(`${list}?apiKey=${key}`, { headers: b3(ids[5]) })).status).toBe(200);
    await until(() => collector.spans().some(({ traceId }) => traceId === ids[5]));
    expect([...new Set(collector.spans().map(({ traceId }) => traceId))].toSorted()).toEqual([ids[4], ids[5]]);
  });

  test('what is left to send when the service stops is sent', async () => {
    const { url, terminate } = await start({ ...sending(), OTEL_BSP_SCHEDULE_DELAY: '60000' });
    await fetch(`${url}/reservation/list`);
    expect(names()).toEqual([]);
    expect(await terminate()).toMatchObject({ code: 0 });
    expect(names()).toEqual(['GET /reservation/list']);
  });

  test('a collector that is away costs the service nothing but its spans', async () => {
    const { url, terminate } = await start({ ...sending(), OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    expect((await fetch(`${url}/reservation/list`)).status).toBe(200);
    expect(await terminate()).toMatchObject({ code: 0 });
  });
});

/** Makes a process fail that loads anything of OpenTelemetry. */
const REFUSING = `export const resolve = (name, context, next) => {
  if (/opentelemetry|@hono.otel/.test(name)) throw new Error('loads ' + name);
  return next(name, context);
};`;
const asData = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
const refusing = {
  NODE_OPTIONS: `--import=${asData(`import { register } from 'node:module'; register(${JSON.stringify(asData(REFUSING))});`)}`,
};

describe('without them', () => {
  test('nothing of OpenTelemetry is loaded, and events carry nothing of it', async () => {
    await expect(start({ ...sending(), ...refusing })).rejects.toThrow(/loads @(opentelemetry|hono)/);
    const { url } = await start(refusing);
    const { reservationId, hit } = await work();
    await arrive(url, 1, hit);
    await post(`${url}/reservation/invoke`, { id: reservationId });
    expect(await stream(url, 1)).toContain('event: task');
    const { rows } = await database.pool.query(`select 1 from event_store.events where metadata ? 'traceparent'`);
    expect(rows).toEqual([]);
    expect(collector.received()).toBe('');
  });
});
