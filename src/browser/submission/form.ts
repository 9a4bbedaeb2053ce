import { make } from '../platform/make.ts';

export type Fields = Readonly<Record<string, string>>;

/** Where HITs may be submitted to unless the requester says otherwise: the real marketplaces, and the built-in one. */
export const usualOrigins = (server: string): readonly string[] => [
  'https://www.mturk.com',
  'https://workersandbox.mturk.com',
  server,
];

/**
 * Where the form goes: what the marketplace wrote into the page's address as `turkSubmitTo`. Anybody can write an
 * address, so it has to be one of the origins allowed. Throws otherwise, with a sentence for the worker; what is wrong
 * with the address is for the console.
 */
export function submitAddress(turkSubmitTo: string, allowed: readonly string[], complaint: string): string {
  const { origin, href } = new URL(turkSubmitTo || 'none:');
  if (!allowed.some((one) => new URL(one).origin === origin)) {
    console.error(`Retainer.submit: turkSubmitTo is ${href}, not of ${allowed}`);
    throw new Error(complaint);
  }
  return `${href.replace(/\/+$/, '')}/mturk/externalSubmit`;
}

/** Posts as the marketplace wants it: a form, in its own frame, with the assignment and at least one field more. */
export function postForm(action: string, fields: Fields): void {
  const form = make('form', { method: 'post', action, hidden: true });
  // A field named "submit" would hide the form's own function.
  const { submit } = form;
  for (const [name, value] of Object.entries(fields)) form.append(make('input', { name, value }));
  document.body.append(form);
  submit.call(form);
}
