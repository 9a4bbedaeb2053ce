// `npm run pictures` draws the pictures of docs/pictures/ anew, from a service of its own.
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { chromiumOptions } from '../support/shared/chromium.ts';
import { openPictureHouse, type PictureHouse } from './house.ts';

type Picture = {
  readonly name: string;
  readonly path: (house: PictureHouse) => string;
  /** Seen once the page is worth a picture. */
  readonly ready: string;
  readonly height?: number;
  /** What is done before. */
  readonly prepare?: (tab: Page) => Promise<unknown>;
};

const PICTURES: readonly Picture[] = [
  {
    name: 'status',
    path: () => '/status',
    ready: '#poolPlot canvas',
    height: 1_000,
    prepare: (tab) => tab.locator('#minutes').selectOption('15'),
  },
  {
    name: 'reservation',
    path: ({ reservationId }) => `/status/reservation/${reservationId}`,
    ready: '#people .stretch.working',
  },
];

const folder = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
const house = await openPictureHouse();
const browser = await chromium.launch(chromiumOptions());
try {
  for (const { name, path, ready, height = 900, prepare } of PICTURES) {
    const tab = await browser.newPage({ viewport: { width: 1280, height } });
    await tab.goto(house.url + path(house));
    await tab.locator(ready).first().waitFor();
    await prepare?.(tab);
    await tab.waitForTimeout(1_000);
    await tab.screenshot({ path: `${folder}${name}.png` });
    process.stdout.write(`docs/pictures/${name}.png\n`);
    await tab.close();
  }
} finally {
  await browser.close();
  await house.close();
}
