/** One answer for all who ask for the same while it is made, and for `freshMs` after that. Failures are not kept. */
export function shared<Asked extends string | number, Answer>(
  make: (asked: Asked) => Promise<Answer>,
  { freshMs, mostKept = 20 }: { freshMs: number; mostKept?: number },
): (asked: Asked) => Promise<Answer> {
  const made = new Map<Asked, { readonly answer: Promise<Answer>; staleAt: number }>();
  return (asked) => {
    const known = made.get(asked);
    if (known !== undefined && performance.now() < known.staleAt) return known.answer;
    const answer = make(asked);
    const entry = { answer, staleAt: Number.POSITIVE_INFINITY };
    made.delete(asked);
    made.set(asked, entry);
    const [oldest] = made.keys();
    if (made.size > mostKept && oldest !== undefined) made.delete(oldest);
    answer.then(
      () => {
        entry.staleAt = performance.now() + freshMs;
      },
      () => made.delete(asked),
    );
    return answer;
  };
}
