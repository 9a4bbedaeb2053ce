import { z } from 'zod';
import { tourCommands } from '../../src/http/pages/home/commands.ts';
import { until } from '../support/until.ts';
import type { Engine, Place } from './engine.ts';

const IN_FRAME: Place = { inFrame: true };
const button = (name: string) => `//button[starts-with(normalize-space(), ${quoted(name)})]`;
const text = (words: string) => `//*[text()[contains(., ${quoted(words)})]]`;
const quoted = (words: string) => (words.includes("'") ? `"${words}"` : `'${words}'`);

/**
 * Leads a worker in a browser from the HIT on the built-in marketplace to the submitted answer, and the application by
 * HTTP beside them: accept, wait, be called, *Start*, *Submitted*.
 */
export async function goTheWay(engine: Engine, url: string, say: (line: string) => void): Promise<void> {
  const application = applicationOf(url);
  const { define, reserve } = tourCommands(url);
  const protoHit = await application.post(define.path, define.fields);
  const reservation = await application.post(reserve.path, { ...reserve.fields, id: protoHit });
  await until(async () => (await application.hitsOf(reservation)) > 0);

  /** A page that is just loading loses what was found in it: look again, and tell what was wrong if it stays so. */
  const untilDone = async (what: string, attempt: () => Promise<boolean>): Promise<void> => {
    let reason: unknown = 'it is not there';
    const isDone = () =>
      attempt().catch((error: unknown) => {
        reason = error;
        return false;
      });
    await until(isDone).catch(async () => {
      throw new Error(`${what}: ${String(reason)}; the page says: ${await engine.words()}`);
    });
  };
  const click = (xpath: string, place?: Place) => untilDone(`click ${xpath}`, () => engine.click(xpath, place));
  const shows = (xpath: string, place?: Place) => untilDone(`see ${xpath}`, () => engine.shows(xpath, place));
  await engine.goTo(`${url}/marketplace?workerId=AENGINE`);
  await click(`${button('Accept')} | //a[starts-with(normalize-space(), 'Accept')]`);
  say('accepted');
  await click(button("I'm ready"), IN_FRAME);
  await shows(text('Waiting for work'), IN_FRAME);
  await untilDone('be counted', async () => (await application.shown(reservation)).workers === 1);
  say('waits');
  await application.post('/reservation/invoke', { id: reservation });
  await shows(text('There is work!'), IN_FRAME);
  say('is called');
  await click(button('Start'), IN_FRAME);
  await untilDone('respond', async () => (await application.shown(reservation)).responded === 1);
  say('has started');
  await click(`//label[contains(., 'A boat')]`, IN_FRAME);
  await click(button('Submit'), IN_FRAME);
  await shows(`${text('Submitted')} | ${text('You earned')}`);
  await until(async () => (await application.story(reservation)).includes('AssignmentSubmitted'));
  say('has submitted');
  await application.post('/reservation/finish', { id: reservation });
}

const Shown = z.object({ workers: z.number(), responded: z.number() });
const Hits = z.array(z.object({ reservation: z.string().nullable(), hitID: z.string().nullable() }));

function applicationOf(url: string) {
  const text = async (answer: Response): Promise<string> => {
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${body}`);
    return body;
  };
  const get = async (path: string): Promise<string> => text(await fetch(`${url}${path}`));
  return {
    post: async (path: string, fields: Readonly<Record<string, string>>): Promise<string> =>
      text(await fetch(`${url}${path}`, { method: 'POST', body: new URLSearchParams(fields) })),
    shown: async (id: string) => Shown.parse(JSON.parse(await get(`/reservation/${id}`))),
    story: (id: string) => get(`/reservation/${id}/history?format=json`),
    hitsOf: async (id: string): Promise<number> =>
      Hits.parse(JSON.parse(await get('/hit/list'))).filter(({ reservation, hitID }) => reservation === id && hitID)
        .length,
  };
}
