/**
 * Returns what `make` returns; `otherwise` where this browser lacks what that takes, or denies it: a frame whose
 * cookies are blocked, a policy, an old telephone. A waiting room goes on without whatever it can do without.
 */
export function attempt<Made, Otherwise>(make: () => Made, otherwise: Otherwise): Made | Otherwise {
  try {
    return make();
  } catch {
    return otherwise;
  }
}

/** The same for what a browser may also deny later. */
export const attemptLater = async <Made, Otherwise>(
  make: () => Promise<Made> | Made,
  otherwise: Otherwise,
): Promise<Made | Otherwise> => {
  try {
    return await make();
  } catch {
    return otherwise;
  }
};
