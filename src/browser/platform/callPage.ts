/** Calls the page's own function. What it throws is the page's error: it is reported as such and stops nothing here. */
export const callPage = (call: () => void): void => {
  try {
    call();
  } catch (error) {
    // As the browser reports what nobody catches; older ones have no `reportError`.
    setTimeout(() => {
      throw error;
    });
  }
};
