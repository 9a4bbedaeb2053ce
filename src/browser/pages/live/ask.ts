import { element } from './element.ts';

const csrf = document.querySelector('meta[name=csrf]')?.getAttribute('content') ?? '';

/** Asks the service to do something; what it says when it will not, is shown. */
export async function ask(path: string, fields: Record<string, string>): Promise<void> {
  try {
    const headers = { 'X-CSRF-Token': csrf };
    const answer = await fetch(path, { method: 'POST', headers, body: new URLSearchParams(fields) });
    complain(answer.ok ? '' : answer.status === 401 ? 'Sign in, then try again.' : await answer.text());
  } catch {
    complain('The service cannot be reached. Nothing was done.');
  }
}

/** Shows what is wrong; nothing with an empty text. */
export function complain(problem: string): void {
  const place = element('#problem', HTMLElement);
  place.textContent = problem;
  place.hidden = problem === '';
}
