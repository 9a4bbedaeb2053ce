import { exec, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killLeftOvers, runRetainer } from '../faults/serviceProcess.ts';
import { ids } from '../support/events.ts';
import { happened, on } from '../support/happenings.ts';
import { type House, openHouse } from '../support/runningProjector.ts';
import { EVENING_EVENTS, spendEvening } from './evening.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
  await spendEvening(house.store);
});
afterAll(async () => {
  await killLeftOvers();
  await house.close();
});

const retainer = (...args: readonly string[]) =>
  runRetainer(args, { DATABASE_URL: house.database.url, LOG_LEVEL: 'warn' });
const id = ids.reservation(1);
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('retainer history', () => {
  test('tells the story, though no service runs', async () => {
    const { code, stdout, stderr } = await retainer('history', id);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('Worker WORKER3, assignment ASSIGNMENT3\n    Not called: was lost.');
    expect(stdout).not.toContain('WORKER2');
    expect(stdout).toContain('1 other waited at the time');
    const all = await retainer('history', id, '--all');
    expect(all.stdout).toContain('Worker WORKER2, assignment ASSIGNMENT2 (waited at the time)');
  });

  test('--as-of, --raw and --format', async () => {
    const { stdout } = await retainer('history', id, '--as-of', '2027-01-15T08:00:00Z', '--format', 'ndjson', '--raw');
    expect(linesOf(stdout)).toMatchObject([{ line: 1, type: 'ReservationMade', raw: { revision: 0 } }]);
  });

  test('--diff says what changed between two moments', async () => {
    const { code, stdout } = await retainer(
      'history',
      id,
      '--diff',
      '2027-01-15T08:00:30Z',
      '1800000070000',
      '--format',
      'json',
    );
    expect(code).toBe(0);
    const diff = JSON.parse(stdout);
    expect(diff).toMatchObject({ from: '2027-01-15T08:00:30.000Z', to: '2027-01-15T08:01:10.000Z' });
    expect(diff.state).toContainEqual({ field: 'phase', before: 'made', after: 'invoked' });
    expect(diff.lines.map(({ type }: { type: string }) => type)).toEqual([
      ...['WorkerLost', 'ReservationInvoked', 'WorkerDispatched', 'TaskAssigned', 'WorkerResponded'],
    ]);
    expect(diff.people[0].before.called).toMatch(/^Not called/);
    expect(diff.people[0].after.called).toMatch(/^Called at/);
    const { stdout: text } = await retainer('history', '--diff', '2027-01-15T08:01:10Z', '2027-01-15T08:00:30Z', id);
    expect(text).toContain('phase: "made" -> "invoked"');
    expect(text).toMatch(/was: Not called: .*\n {4}now: Called at/);
  });

  test.each([
    [['history', ids.reservation(9)], 1, `there is no reservation ${ids.reservation(9)}`],
    [['history', 'nobody'], 2, '"nobody" is no reservation\'s id'],
    [['history', id, '--as-of', 'noon'], 2, '--as-of must be a time such as'],
    [['history', id, '--as-of', '2020-01-01T00:00:00Z'], 1, 'had not been made at 2020-01-01T00:00:00.000Z'],
    [['history', id, '--diff', '2027-01-15T08:00:30Z'], 2, '--diff takes two times'],
    [['history', id, '--diff', '2027-01-15T08:00:30Z', 'noon'], 2, 'got "noon"'],
    [['history', id, '--format', 'pdf'], 2, '--format must be one of text, json, ndjson, csv, got "pdf"'],
    [['replay', 'nobody'], 1, 'nothing in the log goes by the name of "nobody"'],
    [['replay'], 2, 'retainer replay ID'],
    [['export', '--since', 'noon'], 2, '--since must be a position as the log gives it, or a time such as'],
    [['export', '--types', 'Nothing'], 2, '--types must be types of events with commas between them'],
    [['export', '--format', 'xml'], 2, '--format must be one of ndjson, cloudevents, got "xml"'],
    [['export', 'everything'], 2, 'what is "everything" for?'],
  ])('%j ends with %i', async (args, code, words) => {
    const ended = await retainer(...args);
    expect(ended.stderr).toContain(words);
    expect(ended.code).toBe(code);
  });
});

describe('retainer replay', () => {
  test('shows the state after each event', async () => {
    const { code, stdout } = await retainer('replay', id);
    expect(code).toBe(0);
    expect(stdout).toContain('event 2 of 4: ReservationInvoked');
    expect(stdout).toContain('phase: "made" -> "invoked"');
    expect(stdout.match(/^event /gm)).toHaveLength(4);
  });

  test('--json, for an assignment or the whole name of a stream', async () => {
    for (const name of [ids.assignment(1), on.assignment(1)]) {
      const { stdout } = await retainer('replay', name, '--json');
      expect(linesOf(stdout).map(({ type, state }) => [type, state.phase])).toEqual([
        ...[
          ['WorkerArrived', 'waiting'],
          ['TaskAssigned', 'called'],
          ['WorkerResponded', 'working'],
        ],
        ...[
          ['AssignmentSubmitted', 'submitted'],
          ['AssignmentApproved', 'approved'],
        ],
      ]);
    }
  });
});

describe('retainer export', () => {
  test('writes the log, a line an event', async () => {
    const { code, stdout } = await retainer('export');
    expect(code).toBe(0);
    // The command looks: it does not even mark the log as ours.
    expect(linesOf(stdout).map(({ type }) => type)).toEqual(EVENING_EVENTS.map(({ type }) => type));
  });

  test('--since a position or a time, --types, --format', async () => {
    const [invoked] = linesOf((await retainer('export', '--types', 'ReservationInvoked')).stdout);
    const { stdout } = await retainer(
      'export',
      '--since',
      invoked.position,
      '--types',
      'WorkerDispatched,TaskAssigned',
    );
    expect(linesOf(stdout).map(({ type }) => type)).toEqual(['WorkerDispatched', 'TaskAssigned']);
    const late = await retainer('export', '--since', '2027-01-15T08:02:20Z', '--format', 'cloudevents');
    expect(linesOf(late.stdout)).toMatchObject([
      { type: 'retainer.AssignmentApproved' },
      { type: 'retainer.WorkerReleased' },
    ]);
  });

  test('--follow goes on with what happens, until it is told to stop', async () => {
    const following = spawn(process.execPath, ['dist/main.js', 'export', '--follow', '--types', 'ReservationMade'], {
      env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: house.database.url, LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface(following.stdout)[Symbol.asyncIterator]();
    const nextId = async () => JSON.parse((await lines.next()).value).data.reservationId;
    expect(await nextId()).toBe(id);
    await house.append(on.reservation(2), happened.reservationMade(2));
    expect(await nextId()).toBe(ids.reservation(2));
    const ended = once(following, 'exit');
    following.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  test('whoever stops reading ends it', async () => {
    const piped = `${process.execPath} dist/main.js export | head -1`;
    const { stdout } = await promisify(exec)(piped, { env: { ...process.env, DATABASE_URL: house.database.url } });
    expect(linesOf(stdout)).toMatchObject([{ type: 'ProtoHitDefined' }]);
  });
});
