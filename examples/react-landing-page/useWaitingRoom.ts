import { useCallback, useEffect, useRef, useState } from 'react';
import { createRetainer, type RoomView, type WaitingOptions, type WaitingRoom, type Work } from 'retainer/browser';

export type Waiting = {
  /** What to show; null until the room is open. */
  readonly view: RoomView | null;
  /** The buttons of the room. */
  readonly room: WaitingRoom | null;
  /** The task, once the worker pressed *Start*. */
  readonly work: Work | null;
  /** Posts the HIT to the marketplace. */
  readonly submit: (fields?: Readonly<Record<string, string>>) => void;
};

/** A waiting room for as long as the component is shown. It draws nothing: the component does. */
export function useWaitingRoom(server: string, options: Omit<WaitingOptions, 'render' | 'panel'> = {}): Waiting {
  const [view, setView] = useState<RoomView | null>(null);
  const [work, setWork] = useState<Work | null>(null);
  const [room, setRoom] = useState<WaitingRoom | null>(null);
  // The room reads its options once, when it opens.
  const given = useRef(options);

  useEffect(() => {
    const retainer = createRetainer(server);
    retainer.hasWork = setWork;
    const opened = retainer.wait({ ...given.current, render: setView });
    setRoom(opened);
    return () => opened.close();
  }, [server]);

  const submit = useCallback<Waiting['submit']>((fields) => room?.submit(fields), [room]);
  return { view, room, work, submit };
}
