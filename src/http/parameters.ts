import type { Context as HonoContext } from 'hono';
import { type Answer, problem } from './answers.ts';
import { type Entries, type EntriesResult, readBody, readForm } from './requestBody.ts';
import { shownName, unsound } from './soundness.ts';

/** What a request says, wherever it says it: query, form or JSON. */
export type Parameters = Readonly<Record<string, unknown>>;

export type ParametersResult =
  | { readonly type: 'read'; readonly parameters: Parameters }
  | { readonly type: 'bad'; readonly answer: Answer };

/** Reads a request's parameters; refuses a name given twice, and what no parameter may hold. */
export async function readParameters(c: HonoContext): Promise<ParametersResult> {
  const query = readForm(queryOf(c.req.url));
  if (query.type === 'bad') return query;
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
  const body: EntriesResult = isRead ? { type: 'read', entries: [] } : await readBody(c.req.raw);
  if (body.type === 'bad') return body;
  return oneOfEach([...query.entries, ...body.entries]);
}

function oneOfEach(entries: Entries): ParametersResult {
  const parameters = new Map<string, unknown>();
  for (const [name, value] of entries) {
    const wrong = unsound(name) ?? unsound(value);
    if (wrong !== null) return { type: 'bad', answer: problem(400, `${shownName(name)} ${wrong}`) };
    if (parameters.has(name)) return { type: 'bad', answer: problem(400, `${shownName(name)} is given twice`) };
    parameters.set(name, value);
  }
  return { type: 'read', parameters: Object.fromEntries(parameters) };
}

const queryOf = (url: string): string => {
  const start = url.indexOf('?');
  return start === -1 ? '' : (url.slice(start + 1).split('#')[0] ?? '');
};
