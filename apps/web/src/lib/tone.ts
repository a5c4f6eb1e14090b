import type { Tone as ServerTone } from '@berth/api/schemas';
import type { Tone } from '@berth/ui';

/** The server's five tones in the design system's words. */
export const toneOf: Record<ServerTone, Tone> = {
  ok: 'ok',
  transition: 'warn',
  created: 'info',
  stopped: 'idle',
  failed: 'bad',
};
