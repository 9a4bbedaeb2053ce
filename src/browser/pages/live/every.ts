/** Does something again and again while the page is seen, and at once when it is seen again. */
export function every(ms: number, work: () => void): void {
  const ifSeen = (): void => {
    if (document.visibilityState === 'visible') work();
  };
  setInterval(ifSeen, ms);
  document.addEventListener('visibilitychange', ifSeen);
}
