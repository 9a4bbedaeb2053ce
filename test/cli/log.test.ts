import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readable, startLog } from '../../src/cli/log.ts';
import { accessSummary } from '../../src/cli/serve/accessSummary.ts';
import { startDoubts } from '../../src/cli/serve/startDoubts.ts';
import { whyNoCredentials } from '../../src/marketplace/mturk/credentials.ts';

const settings = { logLevel: 'info', logPersonalData: false, nodeName: 'a' } as const;

function written() {
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      lines.push(String(chunk).trimEnd());
      done();
    },
  });
  return { lines, stream };
}

describe('the log', () => {
  test('is one JSON object a line where programs read it, without what says who somebody is', () => {
    const { lines, stream } = written();
    startLog(settings, stream).info({ workerId: 'W1' }, 'called');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ node: 'a', workerId: '[hidden]', msg: 'called' });
  });

  test('is a line of words for each entry where people do, without it as well', () => {
    const { lines, stream } = written();
    startLog(settings, readable(stream)).warn({ workerId: 'W1', ms: 3 }, 'slow');
    expect(lines).toEqual([
      expect.stringMatching(/^\[\d\d:\d\d:\d\d\] WARN: slow \{"workerId":"\[hidden\]","ms":3\}$/),
    ]);
  });
});

describe('in a terminal, requests', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('are one line a minute, and none while nobody asks', () => {
    const { lines, stream } = written();
    const { accessLog, stop } = accessSummary(startLog(settings, stream));
    for (const status of [200, 404, 500]) accessLog.info({ status, ms: status / 100 }, 'answered');
    accessLog.debug({ status: 200, ms: 900 }, 'answered');
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(180_000);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ requests: 3, failed: 1, slowestMs: 5 }),
    ]);
    stop();
  });
});

describe('at the start is said', () => {
  const found = async () => null;
  test.each([
    ['20.20.2', ['Node.js 20.20.2 gets no fixes any more: run on 22 or newer']],
    ['22.0.0', []],
    ['24.1.0', []],
  ])('whether Node.js %s still gets fixes', async (node, doubts) => {
    expect(await startDoubts({ mturk: 'simulated' }, { node, credentials: found })).toEqual(doubts);
  });

  test('that MTURK=aws can post nothing without credentials', async () => {
    for (const [name, value] of Object.entries({
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
      AWS_CONFIG_FILE: '/nowhere',
      AWS_ACCESS_KEY_ID: undefined,
    }))
      vi.stubEnv(name, value);
    expect(await startDoubts({ mturk: 'aws' }, { node: '24.0.0' })).toEqual([
      expect.stringMatching(
        /^MTURK=aws, but nothing can be posted or paid: no AWS credentials were found; set AWS_ACCESS/,
      ),
    ]);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
    expect(await whyNoCredentials()).toBeNull();
    vi.unstubAllEnvs();
  });
});
