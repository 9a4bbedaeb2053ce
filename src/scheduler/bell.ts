/** Asks for a round of repeated work before its time. However often it rings during a round, one round follows. */
export type Bell = {
  readonly ring: () => void;
  /** Whether it rang since it was last answered. */
  readonly isRung: () => boolean;
  /** The round that begins now is the answer to all rings so far. */
  readonly answer: () => void;
  /** Calls back at every ring. Returns the way to stop. */
  readonly onRing: (callback: () => void) => () => void;
};

export function createBell(): Bell {
  let rung = false;
  const callbacks = new Set<() => void>();
  return {
    ring: () => {
      rung = true;
      for (const callback of callbacks) callback();
    },
    isRung: () => rung,
    answer: () => {
      rung = false;
    },
    onRing: (callback) => {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
  };
}
