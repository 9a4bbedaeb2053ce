import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export type Look = { readonly scheme: 'light' | 'dark'; readonly width: 1280 | 390 };

/** Every way in which a page has to look right. */
export const looks: readonly Look[] = [
  { scheme: 'light', width: 1280 },
  { scheme: 'light', width: 390 },
  { scheme: 'dark', width: 1280 },
  { scheme: 'dark', width: 390 },
];

/** A tab of its own visitor, for one test, which fails for errors that its pages throw. */
export async function openTab(
  browser: Browser,
  url: string,
  { scheme, width }: Look = { scheme: 'light', width: 1280 },
): Promise<Page> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 } });
  // Pages are live: those that nobody looks at any more would keep the machine busy. A tab that goes somewhere just
  // then may never answer that it closed; it ends with the browser.
  onTestFinished(() => Promise.race([context.close(), setTimeout(5000, undefined, { ref: false })]));
  const tab = await context.newPage();
  tab.on('pageerror', (error) => {
    throw error;
  });
  await tab.goto(url);
  return tab;
}

type Finding = { readonly id: string; readonly impact: string | null; readonly help: string; readonly nodes: string[] };

/** Drawn as standards say, no serious finding of axe `but` by these rules, and nothing wider than the window. */
export async function expectSound(tab: Page, { but = [] }: { but?: readonly string[] } = {}): Promise<void> {
  expect(await tab.evaluate('document.compatMode')).toBe('CSS1Compat');
  // Evaluated by the debugger: the pages let no script in but their own.
  await tab.evaluate(axe);
  const findings = await tab.evaluate<
    Finding[]
  >(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map(({ html }) => html.slice(0, 200)) })))`);
  const isGrave = ({ id, impact }: Finding) => (impact === 'serious' || impact === 'critical') && !but.includes(id);
  expect(findings.filter(isGrave)).toEqual([]);
  expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
}

/** What axe has against a part of a page, down to its least concern. */
export async function axeViolations(tab: Page, part: string): Promise<readonly string[]> {
  await tab.evaluate(axe);
  return tab.evaluate(`axe.run(${JSON.stringify(part)}).then(({ violations }) => violations.map(({ id }) => id))`);
}
