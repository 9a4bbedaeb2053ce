import { type Answer, problem } from './answers.ts';
import { BYTE_ORDER_MARK, readJsonText } from './request/jsonText.ts';
import { shownName } from './soundness.ts';

/** Parameters in the order they came; a name may come twice. */
export type Entries = readonly (readonly [name: string, value: unknown])[];

export type EntriesResult =
  | { readonly type: 'read'; readonly entries: Entries }
  | { readonly type: 'bad'; readonly answer: Answer };

export const bad = (status: 400 | 415, message: string): EntriesResult => ({
  type: 'bad',
  answer: problem(status, message),
});

/** Bytes that are no UTF-8 throw. A byte order mark is text like any other, but at the start of a body. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a body: form-encoded (also multipart, without files) or a JSON object. No body is no parameters. */
export async function readBody(request: Request): Promise<EntriesResult> {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength === 0) return { type: 'read', entries: [] };

  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') return bad(415, `a body must not be compressed, got "${encoding.slice(0, 40)}"`);
  const decoded = orNull(() => UTF8.decode(bytes));
  if (decoded === null) return bad(400, 'the body is not UTF-8');
  const body = decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded;

  const contentType = request.headers.get('content-type') ?? '';
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  switch (type) {
    case 'application/json':
      return readJson(body);
    case 'multipart/form-data':
      return readMultipart(bytes, contentType);
    case 'application/x-www-form-urlencoded':
    case '':
      return /^\s*[{[]/.test(body)
        ? bad(400, 'the body looks like JSON, but not its Content-Type: it must be application/json')
        : readForm(body);
    default:
      return type.endsWith('+json')
        ? readJson(body)
        : bad(415, `a body must be form-encoded or application/json, got "${type.slice(0, 100)}"`);
  }
}

function readJson(body: string): EntriesResult {
  const json = readJsonText(body);
  if (json.type === 'bad') return bad(400, `the body ${json.why}`);
  return isRecord(json.value)
    ? { type: 'read', entries: Object.entries(json.value) }
    : bad(400, 'the JSON body must be an object of parameters');
}

async function readMultipart(bytes: ArrayBuffer, contentType: string): Promise<EntriesResult> {
  const form = await new Response(bytes, { headers: { 'Content-Type': contentType } }).formData().catch(() => null);
  if (form === null) return bad(400, 'the multipart body is broken');
  const entries = [...form];
  const file = entries.find(([, value]) => typeof value !== 'string');
  return file ? bad(400, `${shownName(file[0])} is a file; parameters are text`) : { type: 'read', entries };
}

/** Reads `name=value&…`, a query or a body. Stricter than URLSearchParams: bytes that are no UTF-8 are an error. */
export function readForm(encoded: string): EntriesResult {
  const entries = orNull(() =>
    encoded
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const equals = pair.indexOf('=');
        return equals === -1
          ? ([unescaped(pair), ''] as const)
          : ([unescaped(pair.slice(0, equals)), unescaped(pair.slice(equals + 1))] as const);
      }),
  );
  return entries === null ? bad(400, 'a percent-encoded parameter is not UTF-8') : { type: 'read', entries };
}

const unescaped = (text: string): string =>
  UTF8.decode(
    Buffer.from(
      Buffer.from(text.replaceAll('+', ' '))
        .toString('latin1')
        .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ),
  );

/** A JSON object, as opposed to an array, null, or a plain value. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parsers of the platform throw; here bad input is an answer. */
export function orNull<Value>(parse: () => Value): Value | null {
  try {
    return parse();
  } catch {
    return null;
  }
}
