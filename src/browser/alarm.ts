import { every } from './pause.ts';

const BEAT_MS = 1_500;
const NOTE_SECONDS = 0.2;

/** Sound, which browsers allow once the visitor clicked in this very frame; and vibration where there is any. */
export function createAlarm() {
  let context: AudioContext | undefined;
  const isOn = (): boolean => context?.state === 'running';
  const beep = (): void => {
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
  return {
    /** To be called in a click. Also brings back sound that the system took away, as after a telephone call. */
    unlock: (changed: () => void): void => {
      context ??= new AudioContext();
      context.onstatechange = changed;
      context.resume().catch(() => {});
    },
    isOn,
    beep,
    /** Rings until the answered function is called. */
    ring: (): (() => void) =>
      every(BEAT_MS, () => {
        beep();
        navigator.vibrate?.(500);
      }),
  };
}
