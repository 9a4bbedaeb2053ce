import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Stops the embedded server of a folder and removes the folder once this process is gone, however it ended: a test
 * run that is interrupted runs no teardown, and the server is made to survive its service.
 */
export function removeAfterUs(dataDir: string): void {
  const script = 'cat; kill -QUIT "$(head -n 1 "$0/postgres/postmaster.pid")"; sleep 1; rm -rf "$0"';
  // Reading ends when the other end of the pipe, which is ours, does.
  const cleaner = spawn('sh', ['-c', script, dataDir], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  cleaner.unref();
  if (cleaner.stdin instanceof Socket) cleaner.stdin.unref();
}
