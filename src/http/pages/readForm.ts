import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { unsound } from '../soundness.ts';

/** A form's fields that are texts; of several with one name, all, separated by spaces. Null: it cannot be read. */
export async function readForm(c: HonoContext): Promise<Readonly<Record<string, string>> | null> {
  if (!(c.req.header('content-type') ?? '').includes('form')) return {};
  const form = await c.req.formData().catch(() => null);
  if (form === null) return null;
  const fields = new Map<string, string>();
  for (const [name, value] of form) {
    if (typeof value !== 'string') continue;
    // Other control characters are for the form to complain of, beside what was typed.
    if (unsound(name) !== null || value.includes('\0') || !value.isWellFormed()) return null;
    fields.set(name, fields.has(name) ? `${fields.get(name)} ${value}` : value);
  }
  return Object.fromEntries(fields);
}

/** What those are told whose form was cut, was sent as something else, or holds what no text may hold. */
export const unreadableForm = (c: HonoContext): Response => c.text('This form cannot be read.', 400);

/** Control characters as an address writes them; in a query, which may be a text, not tabs and line ends. */
const IN_PATH = /^[^?]*%(?:[01][\da-f]|7f)/i;
const IN_QUERY = /\?.*%(?:0[0-8bcef]|1[\da-f]|7f)/i;

/** Refuses addresses of pages that hold what no text may hold: the database would not take it. */
export const soundAddress: MiddlewareHandler = async (c, next) =>
  IN_PATH.test(c.req.url) || IN_QUERY.test(c.req.url) ? c.text('The address holds a control character.', 400) : next();
