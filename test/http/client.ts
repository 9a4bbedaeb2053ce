/** How a client speaks to the API: its two encodings, its two prefixes, its key. */
export type Speech = {
  readonly encoding?: 'form' | 'json';
  readonly prefix?: '' | 'retainer/';
  readonly headers?: Readonly<Record<string, string>>;
};

export type Answered = {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
};

/** The answer in JSON. */
export const jsonOf = ({ text }: Answered): unknown => JSON.parse(text);

/** Speaks to a node over its socket, as every application would. */
export const clientOf = (url: string) => {
  const answered = async (response: Response): Promise<Answered> => ({
    status: response.status,
    text: await response.text(),
    headers: response.headers,
  });
  return {
    get: async (path: string, { prefix = '', headers = {} }: Speech = {}): Promise<Answered> =>
      answered(await fetch(`${url}/${prefix}${path}`, { headers })),

    post: async (
      path: string,
      parameters: Readonly<Record<string, unknown>> = {},
      { encoding = 'form', prefix = '', headers = {} }: Speech = {},
    ): Promise<Answered> =>
      answered(
        await fetch(`${url}/${prefix}${path}`, {
          method: 'POST',
          ...(encoding === 'json'
            ? { body: JSON.stringify(parameters), headers: { 'Content-Type': 'application/json', ...headers } }
            : { body: new URLSearchParams(formOf(parameters)), headers }),
        }),
      ),

    /** A request as it stands. */
    send: async (path: string, init: RequestInit): Promise<Answered> => answered(await fetch(`${url}/${path}`, init)),
  };
};

/** Forms know only text. */
const formOf = (parameters: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
