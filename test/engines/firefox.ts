import puppeteer, { type Frame, type Page } from 'puppeteer-core';
import type { Engine, Installed, Place } from './engine.ts';
import { FRAME } from './engine.ts';
import { findProgram } from './programs.ts';

const program = findProgram('firefox-esr', 'firefox');

/** Firefox, over WebDriver BiDi. */
export const firefox: Installed = {
  what: 'Firefox',
  package: 'firefox-esr',
  start: program === undefined ? null : () => startFirefox(program),
};

async function startFirefox(executablePath: string): Promise<Engine> {
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true, timeout: 180_000 });
  const page = await browser.newPage();
  const at = ({ inFrame = false }: Place = {}): Promise<Page | Frame | null> =>
    inFrame ? frameOf(page) : Promise.resolve(page);
  return {
    name: await browser.version(),
    goTo: async (url) => void (await page.goto(url, { timeout: 180_000 })),
    shows: async (xpath, place) => (await (await at(place))?.$(`::-p-xpath(${xpath})`))?.isVisible() ?? false,
    click: async (xpath, place) => {
      const found = await (await at(place))?.$(`::-p-xpath(${xpath})`);
      if (!found || !(await found.isVisible())) return false;
      await found.click();
      return true;
    },
    words: async () => {
      const places = await Promise.all([at(), at({ inFrame: true })]);
      const all = await Promise.all(places.map((place) => place?.evaluate('document.body.innerText')));
      return JSON.stringify(all);
    },
    quit: () => browser.close(),
  };
}

const frameOf = async (page: Page): Promise<Frame | null> =>
  (await (await page.$(`::-p-xpath(${FRAME})`))?.contentFrame()) ?? null;
