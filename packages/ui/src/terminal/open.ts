import { ClipboardAddon } from '@xterm/addon-clipboard';
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal as Xterm } from '@xterm/xterm';
import { copyText } from '../lib/clipboard.ts';
import { terminalTheme } from './theme.ts';

export interface OpenedTerminal {
  xterm: Xterm;
  fit: FitAddon;
  search: SearchAddon;
}

/** A terminal with its add-ons in `element`. Loaded only when one is shown: it is the largest part of the page. */
export async function openTerminal(
  element: HTMLElement,
  { fontSize, screenReader }: { fontSize: number; screenReader: boolean },
): Promise<OpenedTerminal> {
  const style = getComputedStyle(document.documentElement);
  const fontFamily = style.getPropertyValue('--font-mono').trim() || 'monospace';
  // Cells are measured once, so the font must be there first.
  await document.fonts.load(`${fontSize}px "Geist Mono Variable"`).catch(() => undefined);
  const xterm = new Xterm({
    allowProposedApi: true,
    fontFamily: `"Geist Mono Variable", ${fontFamily.startsWith('var') ? 'monospace' : fontFamily}`,
    fontSize,
    lineHeight: 1.2,
    scrollback: 10_000,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    minimumContrastRatio: 4.5,
    screenReaderMode: screenReader,
    theme: terminalTheme(),
    macOptionIsMeta: true,
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  for (const addon of [fit, search, new Unicode11Addon(), new WebLinksAddon(), new ClipboardAddon()])
    xterm.loadAddon(addon);
  xterm.unicode.activeVersion = '11';
  xterm.attachCustomKeyEventHandler((event) => !isClipboardKey(event, xterm));
  xterm.open(element);
  fit.fit();
  return { xterm, fit, search };
}

/** Ctrl+Shift+C copies the selection; Ctrl+Shift+V is left to the browser, which pastes into the terminal. */
function isClipboardKey(event: KeyboardEvent, xterm: Xterm): boolean {
  if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey) return false;
  if (event.code === 'KeyV') return true;
  if (event.code !== 'KeyC') return false;
  event.preventDefault();
  if (xterm.hasSelection()) void copyText(xterm.getSelection()).then(() => xterm.focus());
  return true;
}
