import type { ITheme } from '@xterm/xterm';
import { tokenColour, tokenColourAlpha } from '../lib/colour.ts';

/** The sixteen colours and the ground of the present theme. */
export function terminalTheme(): ITheme {
  return {
    background: tokenColour('grey-1'),
    foreground: tokenColour('grey-12'),
    cursor: tokenColour('accent-ring'),
    cursorAccent: tokenColour('grey-1'),
    selectionBackground: tokenColourAlpha('accent-ring', 0.32),
    black: tokenColour('term-black'),
    red: tokenColour('term-red'),
    green: tokenColour('term-green'),
    yellow: tokenColour('term-yellow'),
    blue: tokenColour('term-blue'),
    magenta: tokenColour('term-magenta'),
    cyan: tokenColour('term-cyan'),
    white: tokenColour('term-white'),
    brightBlack: tokenColour('term-bright-black'),
    brightRed: tokenColour('term-bright-red'),
    brightGreen: tokenColour('term-bright-green'),
    brightYellow: tokenColour('term-bright-yellow'),
    brightBlue: tokenColour('term-bright-blue'),
    brightMagenta: tokenColour('term-bright-magenta'),
    brightCyan: tokenColour('term-bright-cyan'),
    brightWhite: tokenColour('term-bright-white'),
  };
}
