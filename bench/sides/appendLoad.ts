/** Writers who append one event after another, each to streams of its own, for a while after a warm-up of a second. */
export async function measureAppends(
  writers: number,
  seconds: number,
  append: (stream: string, revision: number) => Promise<void>,
): Promise<{ perSecond: number; p50Ms: number }> {
  const EVENTS_A_STREAM = 20;
  const started = performance.now();
  const counting = started + 1_000;
  const ending = counting + seconds * 1_000;
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let n = 0; performance.now() < ending; n++) {
        const stream = `${process.pid}-${started.toFixed(0)}-${writer}-${Math.floor(n / EVENTS_A_STREAM)}`;
        const before = performance.now();
        await append(stream, (n % EVENTS_A_STREAM) - 1);
        const after = performance.now();
        if (before >= counting && after <= ending) times.push(after - before);
      }
    }),
  );
  times.sort((a, b) => a - b);
  return { perSecond: times.length / seconds, p50Ms: times[Math.floor(times.length / 2)] ?? Number.NaN };
}
