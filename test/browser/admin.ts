import type { Browser, Page } from 'playwright-core';
import { PASSWORD } from '../http/admin/operator.ts';
import type { TestService } from '../support/service.ts';
import { type Look, openTab } from './pages.ts';

/** A tab of the operator ann, who has just signed in by keyboard and was led to where they wanted to go. */
export async function openAdmin(browser: Browser, { url }: TestService, path: string, look?: Look): Promise<Page> {
  const tab = await openTab(browser, url + path, look);
  await tab.getByLabel('Name').fill('ann');
  await tab.getByLabel('Password').fill(PASSWORD);
  await tab.keyboard.press('Enter');
  await tab.waitForURL(`**${path}`);
  return tab;
}
