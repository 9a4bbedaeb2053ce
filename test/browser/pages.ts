import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export type Look = { readonly scheme: 'light' | 'dark'; readonly width: 1280 | 390 };

/** Every way in which a page has to look right. */
export const looks: readonly Look[] = [
  { scheme: 'light', width: 1280 },
  { scheme: 'light', width: 390 },
  { scheme: 'dark', width: 1280 },
  { scheme: 'dark', width: 390 },
];

/** A tab of its own visitor, which fails the test for errors that its pages throw. */
export async function openTab(
  browser: Browser,
  url: string,
  { scheme, width }: Look = { scheme: 'light', width: 1280 },
): Promise<Page> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 } });
  const tab = await context.newPage();
  tab.on('pageerror', (error) => {
    throw error;
  });
  await tab.goto(url);
  return tab;
}

type Finding = { readonly id: string; readonly impact: string | null; readonly help: string; readonly nodes: string[] };

/** No serious finding of axe, and nothing wider than the window. */
export async function expectSound(tab: Page): Promise<void> {
  // Evaluated by the debugger: the pages let no script in but their own.
  await tab.evaluate(axe);
  const findings = await tab.evaluate<
    Finding[]
  >(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map(({ html }) => html.slice(0, 200)) })))`);
  expect(findings.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
  expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
}
