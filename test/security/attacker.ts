import { request } from 'node:http';
import { text } from 'node:stream/consumers';

export type Seen = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
};

/** Sends a request with exactly these headers, Host among them, which `fetch` does not let one choose. */
export function attack(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Readonly<Record<string, string>>; body?: string | undefined } = {},
): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...headers }, agent: false }, (answer) => {
      text(answer).then(
        (said) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: said }),
        reject,
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

export const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
