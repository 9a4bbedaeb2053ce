import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { z } from 'zod';
import { readSettings } from '../../src/config/read.ts';
import type { ReservationId } from '../../src/domain/ids.ts';
import { startService } from '../../src/service.ts';
import { fields } from '../support/events.ts';
import { until } from '../support/service.ts';

/** A house in which something is going on, for pictures of it. */
export type PictureHouse = {
  readonly url: string;
  /** Invoked, with people at work. */
  readonly reservationId: ReservationId;
  readonly close: () => Promise<void>;
};

const Shown = z.object({ workers: z.number(), responded: z.number() });

const context = { actor: 'scheduler', requestId: 'pictures' } as const;
const SETTINGS = {
  PORT: '0',
  SCHEDULER_INTERVAL_SECONDS: '2',
  SIMULATED_WORKERS_PER_MINUTE: '60',
  LOG_LEVEL: 'warn',
};

/** A service of its own with simulated workers, some minutes into its life. */
export async function openPictureHouse(): Promise<PictureHouse> {
  const dataDir = await mkdtemp(join(tmpdir(), 'retainer-pictures-'));
  const read = readSettings({ ...SETTINGS, DATA_DIR: dataDir });
  if (read.type === 'invalid') throw new Error(read.problems.join('\n'));
  const service = await startService(read.settings, pino({ level: 'warn' }));
  const { commands } = service.core;

  const define = async (title: string, sandbox: boolean) => {
    const { hitTypeId: _, ...rest } = fields({ title, url: `${service.url}/example`, rewardCents: 8 });
    const put = await commands.putProtoHit(context, { fields: rest, sandbox });
    if (put.type === 'refused') throw new Error(put.refusal.message);
    return put.value;
  };
  const make = async (protoHitId: Awaited<ReturnType<typeof define>>, foreignId: string, numAssignments: number) => {
    const made = await commands.makeReservation(context, {
      ...{ protoHitId, foreignId, payload: null, delaySeconds: 45, numAssignments },
    });
    if (made.type === 'refused') throw new Error(made.refusal.message);
    return made.value;
  };
  const shown = async (id: string) => {
    const answer = await fetch(`${service.url}/reservation/${id}`, { headers: { Accept: 'application/json' } });
    return Shown.parse(await answer.json());
  };

  const bird = await define('Name the bird', true);
  const caption = await define('Caption a second of speech', false);
  for (const n of [1, 2, 3]) {
    const early = await make(bird, `picture-${n}`, 2);
    await until(async () => (await shown(early)).workers >= 2, 120_000);
    await commands.invokeReservation(context, { reservationId: early });
    await until(async () => (await shown(early)).responded >= 2, 60_000);
    await commands.finishReservation(context, { reservationId: early });
  }
  await make(caption, 'minute-17', 3);
  const reservationId = await make(bird, 'picture-4', 4);
  await make(bird, 'picture-5', 3);
  await until(async () => (await shown(reservationId)).workers >= 4, 120_000);
  await commands.invokeReservation(context, { reservationId });
  await until(async () => (await shown(reservationId)).responded >= 3, 60_000);
  await sleep(3_000);
  return {
    url: service.url,
    reservationId,
    close: async () => {
      await service.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
