import { randomBytes } from 'node:crypto';

/** A new container, exec or volume id: 64 hex digits. Never all digits in its short form, as it is also a host name. */
export function newId(): string {
  for (;;) {
    const id = randomBytes(32).toString('hex');
    if (!/^\d+$/.test(id.slice(0, 12))) return id;
  }
}

/** The 12 digits that Docker shows. */
export const shortId = (id: string): string => id.slice(0, 12);
