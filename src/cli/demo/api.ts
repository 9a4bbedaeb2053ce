import { z } from 'zod';

/** A UUID, or a number where the service gives those out. */
const ShownId = z.union([z.string(), z.number()]).transform(String);

const Reservation = z.object({
  id: ShownId,
  state: z.string(),
  workers: z.number(),
  dispatched: z.number(),
  responded: z.number(),
  assignments: z.number(),
});
const Hits = z.array(z.object({ hitID: z.string().nullable(), reservation: ShownId.nullable(), state: z.string() }));

/** The HTTP interface as an application uses it: form-encoded requests, plain text answers. */
export function apiOf(url: string, apiKey: string | undefined) {
  const headers: Record<string, string> = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
  const answered = async (response: Response): Promise<string> => {
    const text = await response.text();
    if (response.status === 401)
      throw new Error('the service needs an API key: give one with --api-key (retainer key issue makes one)');
    if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
    return text;
  };
  const ask = (path: string, request: RequestInit): Promise<Response> =>
    fetch(`${url}/${path}`, request).catch((error: Error) => {
      throw new Error(`the service at ${url} does not answer any more`, { cause: error });
    });
  return {
    post: async (path: string, parameters: Readonly<Record<string, string | number>>): Promise<string> =>
      answered(
        await ask(path, {
          method: 'POST',
          headers,
          body: new URLSearchParams(
            Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
          ),
        }),
      ),
    reservation: async (id: string) =>
      Reservation.parse(JSON.parse(await answered(await ask(`reservation/${id}`, { headers })))),
    hitsOf: async (reservation: string) =>
      Hits.parse(JSON.parse(await answered(await ask('hit/list?limit=100', { headers })))).filter(
        (hit) => hit.reservation === reservation,
      ),
  };
}
