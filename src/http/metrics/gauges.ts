import { Gauge, type Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** Gauges that are asked for when Prometheus scrapes; without an answer there is no figure, rather than an old one. */
export const gaugesOf = (registry: Registry) => ({
  one: (name: string, help: string, measure: () => number | Promise<number>): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        try {
          this.set(await measure());
        } catch {
          this.set(Number.NaN);
        }
      },
    });
  },
  /** One figure for each of the label sets that there are now. */
  many: (
    name: string,
    help: string,
    labelNames: readonly string[],
    measure: () => Iterable<readonly [Labels, number]> | Promise<Iterable<readonly [Labels, number]>>,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      async collect() {
        const figures = await Promise.resolve()
          .then(measure)
          .catch(() => []);
        this.reset();
        for (const [labels, value] of figures) this.set(labels, value);
      },
    });
  },
});

/** Asks at most once in `ms`, and once at a time: whoever asks in between shares the answer. A failure is not kept. */
export function atMostEvery<Value>(ms: number, ask: () => Promise<Value>): () => Promise<Value> {
  let last: { readonly answer: Promise<Value>; until: number } | undefined;
  return () => {
    if (last !== undefined && performance.now() < last.until) return last.answer;
    const asked = { answer: ask(), until: Number.POSITIVE_INFINITY };
    const keepFor = (time: number) => () => {
      asked.until = performance.now() + time;
    };
    asked.answer.then(keepFor(ms), keepFor(0));
    last = asked;
    return asked.answer;
  };
}
