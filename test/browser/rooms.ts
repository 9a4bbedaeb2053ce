import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { openWork, type TestService, until } from '../support/service.ts';
import { type LandingPage, landingPages, type OpenOptions } from './landingPage.ts';

export const TASK = { start: true, taskID: 42 };

type Shown = { readonly workers: number; readonly dispatched: number; readonly responded: number };

/** What is seen of a waiting room in a tab. */
export const seen = (tab: Page) => ({
  tab,
  button: (name: string): Locator => tab.getByRole('button', { name, exact: true }),
  title: (): Promise<string | null> => tab.locator('.retainer-title').textContent(),
});
export const says = (room: { title: () => Promise<string | null> }, title: string) =>
  until(async () => (await room.title()) === title);

/** The page was told this and no more; of a task, once the service said that the place is theirs. */
export const hears = (tab: Page, expected: readonly unknown[]) =>
  until(async () => JSON.stringify(await tab.evaluate('heard')) === JSON.stringify(expected));

export type Room = ReturnType<typeof seen> & {
  readonly page: LandingPage;
  readonly reservationId: string;
  readonly assignmentId: string;
  readonly someoneWaits: () => Promise<void>;
};

export type RoomOptions = {
  /** As in the page's own script. */
  readonly options?: string;
  readonly before?: OpenOptions['before'];
  readonly turkSubmitTo?: string;
  /** Of a reservation that is there already. */
  readonly work?: { readonly hit: string; readonly reservationId: string };
  /** What the page's script does before it waits. */
  readonly first?: string;
};

/** Landing pages with a waiting room, at a service. */
export async function waitingRooms(browser: Browser, service: TestService) {
  const pages = await landingPages(browser, service.url);
  let workers = 0;
  const shown = async (id: string): Promise<Shown> =>
    JSON.parse(await (await fetch(`${service.url}/reservation/${id}`)).text());
  return {
    shown,
    ask: async (path: string, id: string): Promise<void> => {
      const answer = await fetch(`${service.url}/${path}`, { method: 'POST', body: new URLSearchParams({ id }) });
      expect(await answer.text()).toBe('OK');
    },
    open: async ({
      options = '',
      before,
      turkSubmitTo = 'https://www.mturk.com',
      work,
      first = '',
    }: RoomOptions = {}): Promise<Room> => {
      const { hit, reservationId } = work ?? (await openWork(service));
      const n = ++workers;
      const page = await pages.open(
        { workerId: `W${n}`, assignmentId: `A${n}`, hitId: hit, turkSubmitTo },
        {
          script: `
            heard = [];
            var events = [];
            Retainer.hasWork = (work) => heard.push(work);
            Retainer.released = () => heard.push('released');
            ${first}
            addEventListener('DOMContentLoaded', () => {
              room = Retainer.wait({ on: (event) => events.push(event), ${options} });
            });
            var room;
          `,
          ...(before ? { before } : {}),
        },
      );
      return {
        page,
        reservationId,
        assignmentId: `A${n}`,
        ...seen(page.tab),
        someoneWaits: () => until(async () => (await shown(reservationId)).workers === 1),
      };
    },
    close: pages.close,
  };
}
