/** What a page submitted, or why nothing of it can be taken, for a person to read. */
export type SubmittedForm =
  | { readonly type: 'read'; readonly entries: readonly (readonly [name: string, value: string])[] }
  | { readonly type: 'bad'; readonly why: string };

const ENCODINGS = 'application/x-www-form-urlencoded, multipart/form-data or text/plain';

/**
 * Reads what a form sent, in the order in which it was sent, in each of the encodings that HTML has; a name may come more
 * than once. What the address says counts as well: some libraries submit by going there. A name that the body has, too, is
 * the body's.
 */
export async function submittedForm(request: Request): Promise<SubmittedForm> {
  const query = [...new URL(request.url).searchParams];
  const body = request.method === 'GET' ? [] : await entriesOf(request);
  if (typeof body === 'string') return { type: 'bad', why: body };
  const named = new Set(body.map(([name]) => name));
  const entries = [...query.filter(([name]) => !named.has(name)), ...body];
  // Postgres' text holds no NUL.
  return {
    type: 'read',
    entries: entries.map(([name, value]) => [name.replaceAll('\0', ''), value.replaceAll('\0', '')]),
  };
}

async function entriesOf(request: Request): Promise<readonly (readonly [string, string])[] | string> {
  const contentType = request.headers.get('content-type') ?? '';
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'text/plain') return plain(await request.text());
  if (type === '') return [...new URLSearchParams(await request.text())];
  if (type !== 'application/x-www-form-urlencoded' && type !== 'multipart/form-data')
    return `the form was sent as ${JSON.stringify(type.slice(0, 100))}; it must be sent as ${ENCODINGS}`;
  const form = await request.formData().catch(() => null);
  if (form === null) return `the form could not be read as ${type}`;
  const entries: [string, string][] = [];
  for (const [name, value] of form) {
    if (typeof value === 'string') entries.push([name, value]);
    else if (value.size > 0) return `the field ${JSON.stringify(name.slice(0, 100))} is a file; answers are text`;
    // A file that nobody has chosen.
    else entries.push([name, '']);
  }
  return entries;
}

/** A line a field, as `enctype="text/plain"` writes it. */
const plain = (text: string): readonly (readonly [string, string])[] =>
  text
    .split(/\r\n|\n/)
    .filter((line) => line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
