import { raw } from 'hono/html';
import type { PropsWithChildren } from 'hono/jsx';

const DOCTYPE = raw('<!doctype html>');

/** A whole document. Without its first line browsers draw as they did in 1998. */
export const Html = ({ children }: PropsWithChildren) => (
  <>
    {DOCTYPE}
    <html lang="en">{children}</html>
  </>
);
