import { attempt, attemptLater } from './attempt.ts';
import { every } from './pause.ts';

const BEAT_MS = 1_500;
const NOTE_SECONDS = 0.2;

/** Sound, which browsers allow once the visitor clicked in this very frame; and vibration where there is any. */
export function createAlarm() {
  let context: AudioContext | null | undefined;
  const isOn = (): boolean => context?.state === 'running';
  const sound = (): void => {
    if (!context || !isOn()) return;
    const { currentTime: at, destination } = context;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = 660;
    tone.frequency.setValueAtTime(880, at + NOTE_SECONDS);
    // Fades: a note that stops at once clicks.
    volume.gain.setTargetAtTime(0, at + NOTE_SECONDS, NOTE_SECONDS / 2);
    tone.connect(volume).connect(destination);
    tone.start();
    tone.stop(at + 1);
  };
  const beep = (): void => attempt(sound, undefined);
  // Before the first click in a page browsers refuse it, and complain.
  const vibrate = (): unknown => navigator.userActivation?.hasBeenActive !== false && navigator.vibrate?.(500);
  return {
    /** To be called in a click. Also brings back sound that the system took away, as after a telephone call. */
    unlock: (changed: () => void): void => {
      if (context === undefined) context = attempt(() => new AudioContext(), null);
      if (context) context.onstatechange = changed;
      else changed();
      void attemptLater(() => context?.resume(), null);
    },
    /** Whether a click can turn the sound on, as far as is known: some browsers have none. */
    isOff: (): boolean => context !== null && !isOn(),
    beep,
    /** Rings until the returned function is called. */
    ring: (): (() => void) =>
      every(BEAT_MS, () => {
        beep();
        attempt(vibrate, false);
      }),
  };
}
